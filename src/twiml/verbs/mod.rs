//! The verbs: one file each, and one line in the list below.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::element::Element;
use crate::report::Report;

/// What a verb is: how it is read, and what it remembers while it runs.
pub trait Verb: Sized + Send + Sync {
    /// The element's name.
    const NAME: &'static str;

    /// What must not be forgotten between two operations, as a loop's count.
    type Progress: Serialize + DeserializeOwned + Default + Send;

    /// Reads the element. What is wrong is reported; a value that cannot be
    /// used is replaced by its default.
    fn read(element: &Element, report: &mut Report) -> Self;
}

/// Makes the modules, the enum of all verbs and what is done by name.
macro_rules! verbs {
    ($($module:ident::$verb:ident),* $(,)?) => {
        $(pub mod $module;)*

        /// Any of the verbs.
        #[derive(Debug, Clone, PartialEq)]
        pub enum AnyVerb {
            $($verb($module::$verb),)*
        }

        impl AnyVerb {
            pub const NAMES: &[&str] = &[$(<$module::$verb as Verb>::NAME),*];

            /// Reads the verb of this name; `None` when there is no such verb.
            pub fn read(element: &Element, report: &mut Report) -> Option<Self> {
                $(if element.name == <$module::$verb as Verb>::NAME {
                    return Some(Self::$verb(Verb::read(element, report)));
                })*
                None
            }

            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$verb(_) => <$module::$verb as Verb>::NAME,)*
                }
            }
        }
    };
}

verbs! {
    dial::Dial,
    gather::Gather,
    hangup::Hangup,
    pause::Pause,
    play::Play,
    record::Record,
    redirect::Redirect,
    reject::Reject,
    say::Say,
    set::Set,
}
