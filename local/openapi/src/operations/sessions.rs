//! Sessions: signing in and out, and where one is signed in.

use current_user::CurrentUserBody;
use holdfast_http_api::Problem;
use holdfast_http_api::wire::{PageBody, SessionBody, UserBody};
use sign_in::SignInFields;

use crate::operation::{Operation, Who};

pub(crate) fn all() -> Vec<Operation> {
    vec![
        Operation::new("sign_in", "POST /api/session", Who::Anyone, "Signs in.")
            .body::<SignInFields>()
            .answers::<UserBody>(201, "Who it is. The cookies are those of the session and of this browser.")
            .sets_cookie(true)
            .problems([Problem::wrong_credentials, Problem::too_many_tries]),
        Operation::new("current_user", "GET /api/session", Who::Visitor, "Says who is signed in.")
            .answers::<CurrentUserBody>(200, "The user, or null. A cookie that is worth nothing is cleared.")
            .sets_cookie(false),
        Operation::new("sign_out", "DELETE /api/session", Who::Visitor, "Ends the session that asks.")
            .answers_nothing(204, "There is none any more, whether there was one or not.")
            .sets_cookie(true),
        Operation::new("list_sessions", "GET /api/sessions", Who::User, "Where one is signed in.")
            .answers::<PageBody<SessionBody>>(200, "All sessions, the newest first.")
            .leads_to("end_session", "session_id", "$response.body#/items/0/id"),
        Operation::new(
            "end_sessions",
            "DELETE /api/sessions",
            Who::User,
            "Ends all sessions, the one that asks included.",
        )
        .answers_nothing(204, "All have ended.")
        .sets_cookie(true),
        Operation::new("end_session", "DELETE /api/sessions/{session_id}", Who::User, "Ends one session.")
            .answers_nothing(204, "One's own session of that id has ended, or there is none.")
            .sets_cookie(false)
            .problems([Problem::not_found]),
    ]
}
