//! Accounts: making one, its password, what is kept about it, its end, and what comes by mail.

use change_password::ChangeFields;
use delete_account::DeletionFields;
use export_account::ExportBody;
use holdfast_http_api::Problem;
use holdfast_http_api::wire::UserBody;
use request_password_reset::ResetRequestFields;
use request_verification::VerificationFields;
use reset_password::ResetFields;
use sign_up::SignUpFields;
use verify_email::VerifyFields;

use crate::operation::{Operation, Who};
use crate::parameters::cursor;

pub(crate) fn all() -> Vec<Operation> {
    let mut all = of_accounts();
    all.extend(of_mails());
    all
}

fn of_accounts() -> Vec<Operation> {
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
        Operation::new("delete_account", "POST /api/me/deletion", Who::User, "Deletes the account of who asks.")
            .body::<DeletionFields>()
            .answers_nothing(202, "Nobody can sign in any more; the rest goes within minutes.")
            .sets_cookie(true)
            .problems([Problem::too_many_tries]),
    ]
}

fn of_mails() -> Vec<Operation> {
    vec![
        Operation::new(
            "request_verification",
            "POST /api/email-verification",
            Who::User,
            "Asks for the mail that verifies the address.",
        )
        .body::<VerificationFields>()
        .answers_nothing(202, "A mail is on its way.")
        .answers_nothing(204, "The address is verified already.")
        .problems([Problem::too_many_tries, Problem::mail_not_configured]),
        Operation::new(
            "verify_email",
            "POST /api/email-verification/confirm",
            Who::Anyone,
            "Verifies the address by the link of a mail.",
        )
        .body::<VerifyFields>()
        .answers_nothing(204, "It is verified, or was by the same link before.")
        .problems([Problem::link_not_valid]),
        Operation::new(
            "request_password_reset",
            "POST /api/password-reset",
            Who::Anyone,
            "Asks for the mail by which a new password is set.",
        )
        .body::<ResetRequestFields>()
        .answers_nothing(202, "If the address has an account, a mail is on its way.")
        .problems([Problem::too_many_tries, Problem::mail_not_configured]),
        Operation::new(
            "reset_password",
            "POST /api/password-reset/confirm",
            Who::Anyone,
            "Sets a new password by the link of a mail and signs in; all other sessions end.",
        )
        .body::<ResetFields>()
        .answers::<UserBody>(201, "The account. The cookies are those of its session and of this browser.")
        .sets_cookie(true)
        .problems([Problem::link_not_valid, Problem::too_many_tries]),
    ]
}
