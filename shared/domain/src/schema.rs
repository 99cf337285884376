//! What the texts and numbers of this crate look like on the wire, for the OpenAPI document. Only the feature `openapi`
//! compiles it, and no function that is deployed has that: what is checked there is checked by `parse`, from the same
//! constants.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::limits::{
    CREDENTIAL_MAX_CHARS, DESCRIPTION_MAX_CHARS, DISPLAY_NAME_MAX_CHARS, EMAIL_MAX_CHARS, IDEMPOTENCY_KEY_MAX_CHARS,
    PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS, TITLE_MAX_CHARS, VENUE_MAX_CHARS,
};
use crate::{
    Credential, Currency, Description, DisplayName, EmailAddress, IdempotencyKey, MailLanguage, OrderId, Price,
    SessionId, TicketId, Timestamp, Title, UserId, Venue,
};

/// What `char::is_control` and `str::trim` know, as members of a character class of any dialect: `\s` is not the same in all.
const CONTROLS: &str = r"\u0000-\u001f\u007f-\u009f";
const CONTROLS_BUT_LINES: &str = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f";
/// The years of [`Timestamp`].
pub const YEARS: &str = r"^(19[7-9]|[2-9]\d\d)\d-";
const BLANKS: &str = r"\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";

/// A password that somebody chooses.
#[derive(Debug)]
pub struct NewPassword;

/// A password that somebody has, as they typed it.
#[derive(Debug)]
pub struct TypedPassword;

/// What a link of a mail has behind its `#`.
#[derive(Debug)]
pub struct LinkToken;

/// Where a page of a list begins.
#[derive(Debug)]
pub struct Cursor;

macro_rules! schema {
    ($($name:ident: $schema:expr;)*) => {
        $(impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        })*
    };
}

schema! {
    Title: text("The title of a ticket: one line.", TITLE_MAX_CHARS, CONTROLS);
    Venue: text("Where the event takes place: one line.", VENUE_MAX_CHARS, CONTROLS);
    Description: text("A longer description: several lines.", DESCRIPTION_MAX_CHARS, CONTROLS_BUT_LINES);
    Credential: text(
        "What admits its holder: a booking code or the text of a barcode. The seller and the buyer who has paid see it, \
         and nobody else.",
        CREDENTIAL_MAX_CHARS,
        CONTROLS_BUT_LINES
    );
    DisplayName: text("The name that other people see: one line.", DISPLAY_NAME_MAX_CHARS, CONTROLS);
    EmailAddress: json_schema!({
        "description": "An e-mail address. It is kept in lower case, so that one mailbox is one account.",
        "type": "string",
        "format": "email",
        "maxLength": EMAIL_MAX_CHARS,
    });
    NewPassword: json_schema!({
        "description": "A password that is not guessed soon: long, not common, and not made of the address beside it.",
        "type": "string",
        "format": "password",
        "minLength": PASSWORD_MIN_CHARS,
        "maxLength": PASSWORD_MAX_CHARS,
        "writeOnly": true,
    });
    TypedPassword: json_schema!({
        "description": "A password as it was typed.",
        "type": "string",
        "minLength": 1,
        "writeOnly": true,
    });
    LinkToken: json_schema!({
        "description": "The token of a link, out of a mail. Any other text is a link that is not valid.",
        "type": "string",
        "writeOnly": true,
    });
    MailLanguage: json_schema!({
        "description": "The language of a mail; `en` if it is not given.",
        "type": "string",
        "enum": MailLanguage::ALL.iter().map(|language| language.tag()).collect::<Vec<_>>(),
    });
    Cursor: json_schema!({
        "description": "The `next` of the page before. An empty one is the list's beginning.",
        "type": "string",
        "format": "cursor",
    });
    UserId: id("A person with an account.");
    SessionId: id("A session.");
    TicketId: id("A ticket.");
    OrderId: id("An order. It follows from its buyer and the `Idempotency-Key` that placed it.");
    IdempotencyKey: json_schema!({
        "description": "A text of the client's own: a request that is repeated under it is done once.",
        "type": "string",
        "pattern": r"^[!-~]+$",
        "minLength": 1,
        "maxLength": IDEMPOTENCY_KEY_MAX_CHARS,
    });
    Timestamp: json_schema!({
        "description": "A moment from 1970 to 9999 by RFC 3339, kept to the millisecond. Answers are in UTC.",
        "type": "string",
        "format": "date-time",
        "pattern": YEARS,
    });
    Currency: json_schema!({
        "description": "An ISO 4217 code in lower case.",
        "type": "string",
        "enum": Currency::ALL.iter().map(|currency| currency.code()).collect::<Vec<_>>(),
    });
    Price: json_schema!({
        "description": "A price: whole minor units, within what the currency allows.",
        "oneOf": Currency::ALL.iter().copied().map(price).collect::<Vec<_>>(),
    });
}

/// A text that is trimmed, of which something must be left.
fn text(description: &str, max: usize, refused: &str) -> Schema {
    json_schema!({
        "description": description,
        "type": "string",
        "pattern": format!("^[^{refused}]*[^{BLANKS}{CONTROLS}][^{refused}]*$"),
        "minLength": 1,
        "maxLength": max,
    })
}

fn id(description: &str) -> Schema {
    json_schema!({
        "description": description,
        "type": "string",
        "format": "uuid",
        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    })
}

fn price(currency: Currency) -> Schema {
    json_schema!({
        "title": currency.name(),
        "type": "object",
        "properties": {
            "amount": { "type": "integer", "minimum": currency.minimum(), "maximum": currency.maximum() },
            "currency": { "const": currency.code() },
        },
        "required": ["amount", "currency"],
        "additionalProperties": false,
    })
}
