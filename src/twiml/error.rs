//! Twilio's codes for what can be wrong with a document as a whole. The codes
//! of single attributes stand in the verbs.

/// The body is larger than allowed.
pub const TOO_LARGE: u32 = 11750;
/// There is no body.
pub const EMPTY: u32 = 11770;
/// Not well-formed.
pub const PARSE: u32 = 12100;
/// `version` of `<Response>`.
pub const VERSION: u32 = 12101;
/// The root element is not `<Response>`.
pub const ROOT: u32 = 12102;
/// An element or attribute that is unknown or in the wrong place.
pub const SCHEMA: u32 = 12200;
/// A verb that may not stand in a document beside another verb.
pub const NOT_HERE: u32 = 13238;
/// Not a URL that can be requested.
pub const URL: u32 = 11100;
/// `<Dial>` in a document that a leg runs before it is connected.
pub const DIAL_IN_LEG: u32 = 13201;
