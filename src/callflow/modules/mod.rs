//! The modules, one file each.
//!
//! A new module is a file here and a word in the list below. Its struct is the
//! `data` of its node: the schema derived from it checks documents, coerces
//! their types, and is what `pivot schema` prints.

use std::sync::LazyLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::node::Node;
use super::shape::Shape;
use crate::call::{Call, Interrupt};
use crate::objects::{OptionalTexts, hide};
use crate::program::Flow;

/// What a node can do. The struct that has it is the node's `data`.
pub(super) trait Module: DeserializeOwned + JsonSchema + Send + Sync {
    /// As documents write it.
    const NAME: &'static str;
    /// Other names for it.
    const ALIASES: &'static [&'static str] = &[];
    /// What must not be forgotten between two operations. It is written down by
    /// [`Call::save`]; when the call is picked up by another process, `run` is
    /// entered again with it, and operations that had finished since then return
    /// what they returned before. So `run` may depend on nothing else.
    type Progress: Serialize + DeserializeOwned + Default + Send;

    fn run(
        &self,
        call: &mut Call,
        node: &Node,
        at: &mut Self::Progress,
    ) -> impl Future<Output = Result<Flow, Interrupt>> + Send;
}

macro_rules! modules {
    ($($file:ident::$module:ident),* $(,)?) => {
        $(mod $file;)*

        /// Name, aliases and schema of each, in the order of the list.
        fn table() -> Vec<Entry> {
            vec![$(Entry::of::<$file::$module>()),*]
        }

        /// Runs the module of this name; `None` when there is none.
        async fn dispatch(call: &mut Call, node: &Node) -> Result<Option<Flow>, Interrupt> {
            let name = node.module.as_str();
            $(if is::<$file::$module>(name) {
                return Box::pin(run_module::<$file::$module>(call, node)).await.map(Some);
            })*
            Ok(None)
        }

        /// The source of each module's file, whose example the tests run.
        #[cfg(test)]
        const SOURCES: &[(&str, &str)] = &[
            $((<$file::$module as Module>::NAME, include_str!(concat!(stringify!($file), ".rs")))),*
        ];
    };
}

modules! {
    acdc_agent::AcdcAgent,
    acdc_member::AcdcMember,
    acdc_queue::AcdcQueue,
    acdc_wait_time::AcdcWaitTime,
    after_bridge::AfterBridge,
    answer::Answer,
    audio_macro::AudioMacro,
    branch_bnumber::BranchBnumber,
    branch_variable::BranchVariable,
    call_forward::CallForward,
    call_waiting::CallWaiting,
    callflow::Callflow,
    camping_feature::CampingFeature,
    check_cid::CheckCid,
    cidlistmatch::Cidlistmatch,
    collect_dtmf::CollectDtmf,
    conference::Conference,
    dead_air::DeadAir,
    device::Device,
    directory::Directory,
    disa::Disa,
    do_not_disturb::DoNotDisturb,
    dynamic_cid::DynamicCid,
    eavesdrop::Eavesdrop,
    eavesdrop_feature::EavesdropFeature,
    edr::Edr,
    fax_detect::FaxDetect,
    faxbox::Faxbox,
    flush_dtmf::FlushDtmf,
    group::Group,
    group_pickup::GroupPickup,
    group_pickup_feature::GroupPickupFeature,
    hangup::Hangup,
    hotdesk::Hotdesk,
    intercept::Intercept,
    intercept_feature::InterceptFeature,
    intercom::Intercom,
    language::Language,
    lookupcidname::Lookupcidname,
    manual_presence::ManualPresence,
    menu::Menu,
    missed_call_alert::MissedCallAlert,
    move_call::Move,
    nomorobo::Nomorobo,
    noop::Noop,
    notification::Notification,
    offnet::Offnet,
    page_group::PageGroup,
    park::Park,
    pivot::PivotModule,
    play::PlayModule,
    prepend_cid::PrependCid,
    privacy::Privacy,
    receive_fax::ReceiveFax,
    record_call::RecordCall,
    record_caller::RecordCaller,
    resources::Resources,
    response::Response,
    ring_group::RingGroup,
    ring_group_toggle::RingGroupToggle,
    route_to_cid::RouteToCid,
    send_dtmf::SendDtmf,
    set::Set,
    set_alert_info::SetAlertInfo,
    set_cid::SetCid,
    set_variable::SetVariable,
    set_variables::SetVariables,
    skel::Skel,
    sleep::Sleep,
    temporal_route::TemporalRoute,
    transfer::Transfer,
    tts::Tts,
    user::User,
    voicemail::Voicemail,
    wait_for_hangup::WaitForHangup,
    webhook::Webhook,
}

/// Modules of Kazoo's that cannot be had here, and why. Validation refuses them as
/// it refuses unknown ones; a call that meets one goes on to `_`.
pub(super) const REFUSED: &[(&str, &str)] = &[(
    "function",
    "it runs a script on Kazoo's own servers; have a web application answer a `pivot` node",
)];

/// Why there is no such module, if Kazoo has it.
pub(super) fn refusal(name: &str) -> Option<&'static str> {
    REFUSED
        .iter()
        .find(|(refused, _)| *refused == name)
        .map(|(_, why)| *why)
}

struct Entry {
    name: &'static str,
    aliases: &'static [&'static str],
    schema: Value,
    shape: Shape,
    /// Those of its fields that are not given when they are empty.
    texts: OptionalTexts,
}

impl Entry {
    fn of<M: Module>() -> Self {
        // Without references, so that a shape can be read off each schema alone.
        let settings = SchemaSettings::draft2020_12().with(|s| {
            s.inline_subschemas = true;
            s.meta_schema = None;
        });
        let schema = Value::from(settings.into_generator().into_root_schema_for::<M>());
        Self {
            name: M::NAME,
            aliases: M::ALIASES,
            shape: Shape::from_schema(&schema),
            texts: OptionalTexts::of(&schema),
            schema,
        }
    }
}

fn is<M: Module>(name: &str) -> bool {
    M::NAME == name || M::ALIASES.contains(&name)
}

/// Runs the module of a node and gives its decision, for `Walk::advance`. Where
/// there is nothing to run, that is to go on to `_`.
pub async fn run(call: &mut Call, node: &Node) -> Result<Flow, Interrupt> {
    if is_skipped(node) {
        let () = call.enter_step();
        call.note(format!("{} is skipped (skip_module)", node.module));
        return Ok(Flow::Next);
    }
    if node.unusable {
        let () = call.enter_step();
        call.warn(format!(
            "`data` of {} has errors, child `_` runs",
            node.module
        ));
        return Ok(Flow::Next);
    }
    if let Some(flow) = dispatch(call, node).await? {
        return Ok(flow);
    }
    let () = call.enter_step();
    let why = refusal(&node.module).map(|why| format!(": {why}"));
    call.warn(format!(
        "there is no module `{}`; skipped to child `_`{}",
        node.module,
        why.unwrap_or_default()
    ));
    Ok(Flow::Next)
}

async fn run_module<M: Module>(call: &mut Call, node: &Node) -> Result<Flow, Interrupt> {
    let mut progress: M::Progress = call.enter_step();
    let mut data = node.data.clone();
    hide(M::NAME, &mut data);
    if let Some(entry) = entry(M::NAME) {
        entry.texts.drop_empty(&mut data);
    }
    match serde_json::from_value::<M>(data.into()) {
        Ok(module) => {
            let flow = module.run(call, node, &mut progress).await;
            call.kept_mut().ahead = None;
            flow
        }
        Err(error) => {
            call.warn(format!(
                "`data` of {} cannot be used, child `_` runs: {error}",
                node.module
            ));
            Ok(Flow::Next)
        }
    }
}

fn is_skipped(node: &Node) -> bool {
    match node.data.get("skip_module") {
        Some(Value::Bool(skip)) => *skip,
        Some(Value::String(word)) => word == "true",
        _ => false,
    }
}

static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(table);

fn entry(name: &str) -> Option<&'static Entry> {
    TABLE
        .iter()
        .find(|entry| entry.name == name || entry.aliases.contains(&name))
}

/// What the `data` of this module must look like.
pub(super) fn shape(name: &str) -> Option<&'static Shape> {
    entry(name).map(|entry| &entry.shape)
}

/// The JSON Schema of the `data` of this module.
pub(super) fn schema_of(name: &str) -> Option<&'static Value> {
    entry(name).map(|entry| &entry.schema)
}

/// The names of all modules.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|entry| entry.name)
}

/// JSON Schemas of the `data` of all modules, by name.
pub fn schema() -> Value {
    let schemas: Map<String, Value> = TABLE
        .iter()
        .map(|entry| (entry.name.into(), entry.schema.clone()))
        .collect();
    schemas.into()
}

#[cfg(test)]
mod tests;
