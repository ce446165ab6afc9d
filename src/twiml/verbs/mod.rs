//! The verbs: one file each, and one line in the list below.

use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::element::Element;
use crate::call::{Call, Interrupt};
use crate::program::Flow;
use crate::report::Report;

/// What a verb is: how it is read, what it does, and what it
/// remembers meanwhile.
pub trait Verb: Sized + Send + Sync {
    /// The element's name.
    const NAME: &'static str;

    /// What must not be forgotten between two operations, as a loop's count.
    type Progress: Serialize + DeserializeOwned + Default + Send + Sync;

    /// Reads the element. What is wrong is reported; a value that cannot be
    /// used is replaced by its default.
    fn read(element: &Element, report: &mut Report) -> Self;

    /// Makes the URLs absolute that are used while the verb runs. Those of later
    /// requests stay as written.
    fn resolve(&mut self, _document: &Url) {}

    /// Does it. After the call was picked up by another process it is entered
    /// again, with its progress as it was saved last; operations that ended since
    /// then return what they returned. So what it does may depend on nothing but
    /// the progress and the results of operations.
    fn run(
        &self,
        call: &mut Call,
        at: &mut Self::Progress,
    ) -> impl Future<Output = Result<Flow, Interrupt>> + Send;
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

            pub(super) fn resolve(&mut self, document: &Url) {
                match self {
                    $(Self::$verb(verb) => verb.resolve(document),)*
                }
            }

            /// Runs the verb as a step of the call; `begun` is called when the
            /// step has begun, and before it does anything.
            pub(super) async fn run(
                &self,
                call: &mut Call,
                begun: impl FnOnce(&mut Call) + Send,
            ) -> Result<Flow, Interrupt> {
                match self {
                    $(Self::$verb(verb) => {
                        let mut at = call.enter_step();
                        begun(call);
                        verb.run(call, &mut at).await
                    })*
                }
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
    connect::Connect,
    dial::Dial,
    echo::Echo,
    enqueue::Enqueue,
    gather::Gather,
    hangup::Hangup,
    leave::Leave,
    message::Message,
    pause::Pause,
    pay::Pay,
    play::Play,
    prompt::Prompt,
    queue::Queue,
    record::Record,
    redirect::Redirect,
    refer::Refer,
    reject::Reject,
    say::Say,
    set::Set,
    sms::Sms,
    start::Start,
    stop::Stop,
}

pub(super) use say::is_language;

#[cfg(test)]
pub(super) mod reading {
    use super::{Report, Verb};
    use crate::twiml::element;

    /// Reads one element as `V`, with the codes of what was found.
    pub(crate) fn read<V: Verb>(xml: &str) -> (V, Vec<u32>) {
        let mut report = Report::default();
        let element = element::parse(xml, &mut report).expect("a test's XML is well-formed");
        assert_eq!(element.name, V::NAME);
        let verb = V::read(&element, &mut report);
        let codes = report.diagnostics.iter().filter_map(|d| d.code).collect();
        (verb, codes)
    }

    /// The same where nothing is wrong.
    pub(crate) fn clean<V: Verb>(xml: &str) -> V {
        let (verb, codes) = read(xml);
        assert_eq!(codes, [0; 0], "{xml}");
        verb
    }
}
