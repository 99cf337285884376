// Viewer request on the API: under which host the browser knows the site. The origin gets its own name as Host, so
// that functions compare a request's Origin with this one. What a viewer has sent under that name is replaced.
function handler(event) {
    const request = event.request;
    request.headers['x-site-host'] = { value: request.headers.host.value };
    return request;
}
