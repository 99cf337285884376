//! Accounts: making one, its password, what is kept about it.

use change_password::ChangeFields;
use export_account::ExportBody;
use holdfast_http_api::Problem;
use holdfast_http_api::wire::UserBody;
use sign_up::SignUpFields;

use crate::operation::{Operation, Who};
use crate::parameters::cursor;

pub(crate) fn all() -> Vec<Operation> {
    vec![
        Operation::new("sign_up", "POST /api/users", Who::Anyone, "Makes an account and signs its owner in.")
            .body::<SignUpFields>()
            .answers::<UserBody>(201, "The account. The cookies are those of its session and of this browser.")
            .sets_cookie(true)
            .problems([Problem::email_taken, Problem::too_many_tries]),
        Operation::new(
            "change_password",
            "POST /api/password",
            Who::User,
            "Changes the password; all other sessions end.",
        )
        .body::<ChangeFields>()
        .answers_nothing(204, "It is changed, or was by the same request before.")
        .problems([Problem::too_many_tries]),
        Operation::new("export_account", "GET /api/me/export", Who::User, "All that is kept about who asks, in pages.")
            .parameter(cursor)
            .answers::<ExportBody>(200, "A page: first of the tickets, then of the orders.")
            .leads_to("export_account", "cursor", "$response.body#/next")
            .problems([Problem::bad_query]),
    ]
}
