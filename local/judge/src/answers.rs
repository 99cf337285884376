//! P0: no answer says that the fault is ours. An outage is 503, a process that died 502; a 500 is a case that nobody has
//! thought of, and whoever meets it once may meet it for ever.

use crate::Evidence;

pub(crate) fn violations(evidence: &Evidence) -> Vec<String> {
    let ours = evidence.requests.iter().filter(|request| request.status == Some(500));
    let told = ours.map(|request| {
        let (number, what, user) = (request.number, &request.what, &request.user);
        format!("request {number} ({what} {}) of {user} was answered 500", request.path)
    });
    told.collect()
}
