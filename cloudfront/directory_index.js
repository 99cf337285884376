// Viewer request on everything but the API: which object of the bucket an address means.
//
//   /sell/                          sell/index.html
//   /de/tickets/any-title-<uuid>/   de/tickets/<uuid>/index.html: the title in an address is for people
//   /sell                           a redirect to /sell/, so that a page has one address
//   /robots.txt                     as it is

const TICKET =
    /^(\/[a-z]{2})?\/tickets\/(?:[^/]*-)?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\/$/;

function handler(event) {
    const request = event.request;
    const ticket = TICKET.exec(request.uri);
    if (ticket) {
        request.uri = `${ticket[1] || ''}/tickets/${ticket[2]}/index.html`;
    } else if (request.uri.endsWith('/')) {
        request.uri += 'index.html';
    } else if (!request.uri.slice(request.uri.lastIndexOf('/')).includes('.')) {
        return withSlash(request);
    }
    return request;
}

function withSlash(request) {
    // An address that begins with two slashes, or a slash and a backslash, would lead to another host.
    const path = request.uri.replace(/^[/\\]+/, '/');
    const query = queryOf(request.querystring);
    return {
        statusCode: 301,
        statusDescription: 'Moved Permanently',
        headers: {
            location: { value: escaped(`${path}/`) + (query ? `?${query}` : '') },
            'cache-control': { value: 'public, max-age=3600' },
        },
    };
}

function queryOf(parameters) {
    const pairs = [];
    for (const name of Object.keys(parameters)) {
        const values = parameters[name].multiValue || [parameters[name]];
        for (const one of values) {
            pairs.push(one.value === '' ? escaped(name) : `${escaped(name)}=${escaped(one.value)}`);
        }
    }
    return pairs.join('&');
}

// What is escaped already stays as it is; what a header or a query could not hold is escaped.
function escaped(text) {
    return text.replace(/[^\w\-.~!$'()*,;:@/?=%+]/gu, encodeURIComponent);
}
