//! Why a leg ended: Q.850 causes, and the words that each language has for them.

use serde::{Deserialize, Serialize};

/// A Q.850 cause as Asterisk reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cause(pub u16);

impl Cause {
    pub const UNALLOCATED: Self = Self(1);
    pub const NO_ROUTE: Self = Self(3);
    pub const NORMAL: Self = Self(16);
    pub const BUSY: Self = Self(17);
    pub const NO_RESPONSE: Self = Self(18);
    pub const NO_ANSWER: Self = Self(19);
    pub const REJECTED: Self = Self(21);
    pub const CONGESTION: Self = Self(34);
    /// Nothing was heard in time.
    pub const TIMER: Self = Self(102);
    pub const INTERWORKING: Self = Self(127);

    /// FreeSWITCH's name, which Callflow child keys use.
    pub fn kazoo(self) -> &'static str {
        match self.0 {
            1 => "UNALLOCATED_NUMBER",
            3 => "NO_ROUTE_DESTINATION",
            16 => "NORMAL_CLEARING",
            17 => "USER_BUSY",
            18 => "NO_USER_RESPONSE",
            19 => "NO_ANSWER",
            20 => "SUBSCRIBER_ABSENT",
            21 => "CALL_REJECTED",
            22 => "NUMBER_CHANGED",
            27 => "DESTINATION_OUT_OF_ORDER",
            28 => "INVALID_NUMBER_FORMAT",
            31 => "NORMAL_UNSPECIFIED",
            34 => "NORMAL_CIRCUIT_CONGESTION",
            38 => "NETWORK_OUT_OF_ORDER",
            41 => "NORMAL_TEMPORARY_FAILURE",
            42 => "SWITCH_CONGESTION",
            44 => "REQUESTED_CHAN_UNAVAIL",
            52 => "OUTGOING_CALL_BARRED",
            54 => "INCOMING_CALL_BARRED",
            58 => "BEARERCAPABILITY_NOTAVAIL",
            65 => "BEARERCAPABILITY_NOTIMPL",
            79 => "SERVICE_NOT_IMPLEMENTED",
            88 => "INCOMPATIBLE_DESTINATION",
            102 => "RECOVERY_ON_TIMER_EXPIRE",
            _ => "UNSPECIFIED",
        }
    }

    /// The SIP code that usually stands for this cause.
    pub fn sip(self) -> u16 {
        match self.0 {
            1 | 3 => 404,
            17 => 486,
            18 => 408,
            19 | 20 | 31 => 480,
            21 => 603,
            22 => 410,
            27 => 502,
            28 => 484,
            34 | 38 | 41 | 42 | 44 => 503,
            52 | 54 => 403,
            58 | 65 | 88 => 488,
            79 => 501,
            102 => 504,
            _ => 600,
        }
    }

    /// The cause whose hang-up makes Asterisk answer an unanswered SIP caller
    /// with `code`, or the nearest it can do (spec/asterisk-ari.md, 3.1).
    pub fn from_sip(code: u16) -> Self {
        Self(match code {
            404 | 485 | 604 => 1,
            408 => 18,
            410 => 22,
            480 | 483 => 19,
            484 => 28,
            486 | 600 => 17,
            401 | 402 | 403 | 407 => 21,
            488 | 606 => 58,
            500 => 38,
            501 => 29,
            502 => 27,
            503 => 34,
            504 => 102,
            400 | 405 | 481 | 487 => 127,
            _ => 16,
        })
    }
}
