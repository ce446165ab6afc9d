//! Tests of the whole.

#[cfg(test)]
mod api;
#[cfg(test)]
mod api_accounts;
#[cfg(test)]
mod api_calling;
#[cfg(test)]
mod api_calls;
#[cfg(test)]
mod api_documents;
#[cfg(test)]
mod api_kept;
#[cfg(test)]
mod api_killed;
#[cfg(test)]
mod api_lists;
#[cfg(test)]
mod api_live;
#[cfg(test)]
mod api_live_rooms;
#[cfg(test)]
mod api_media;
#[cfg(test)]
mod api_openapi;
#[cfg(test)]
mod api_users;
#[cfg(test)]
mod api_validation;
#[cfg(test)]
mod api_webhooks;
#[cfg(test)]
mod ari_answers;
#[cfg(test)]
mod ari_reconnect;
#[cfg(test)]
mod ari_rules;
#[cfg(test)]
mod ari_scenarios;
#[cfg(test)]
mod callbacks;
#[cfg(test)]
mod callflow_agents;
#[cfg(test)]
mod callflow_broken;
#[cfg(test)]
mod callflow_caller_id;
#[cfg(test)]
mod callflow_calls;
#[cfg(test)]
mod callflow_collections;
#[cfg(test)]
mod callflow_conference;
#[cfg(test)]
mod callflow_consoles;
#[cfg(test)]
mod callflow_dialling;
#[cfg(test)]
mod callflow_directory;
#[cfg(test)]
mod callflow_disa;
#[cfg(test)]
mod callflow_documents;
#[cfg(test)]
mod callflow_elsewhere;
#[cfg(test)]
mod callflow_engine;
#[cfg(test)]
mod callflow_features;
#[cfg(test)]
mod callflow_flows;
#[cfg(test)]
mod callflow_forwarding;
#[cfg(test)]
mod callflow_groups;
#[cfg(test)]
mod callflow_keys;
#[cfg(test)]
mod callflow_leaving;
#[cfg(test)]
mod callflow_media;
#[cfg(test)]
mod callflow_menu;
#[cfg(test)]
mod callflow_odd;
#[cfg(test)]
mod callflow_outside;
#[cfg(test)]
mod callflow_pivot;
#[cfg(test)]
mod callflow_pivot_answers;
#[cfg(test)]
mod callflow_recording;
#[cfg(test)]
mod callflow_records;
#[cfg(test)]
mod callflow_restrictions;
#[cfg(test)]
mod callflow_returning;
#[cfg(test)]
mod callflow_ringing;
#[cfg(test)]
mod callflow_schedule;
#[cfg(test)]
mod callflow_schedule_actions;
#[cfg(test)]
mod callflow_sending;
#[cfg(test)]
mod callflow_speech;
#[cfg(test)]
mod callflow_stored;
#[cfg(test)]
mod callflow_stored_fields;
#[cfg(test)]
mod callflow_table;
#[cfg(test)]
mod callflow_talk;
#[cfg(test)]
mod callflow_transferred;
#[cfg(test)]
mod callflow_trunks;
#[cfg(test)]
mod callflow_unchecked;
#[cfg(test)]
mod callflow_unfilled;
#[cfg(test)]
mod callflow_variables;
#[cfg(test)]
mod callflow_voicemail;
#[cfg(test)]
mod callflow_who_calls;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod config;
#[cfg(test)]
mod control;
#[cfg(test)]
mod dialplan;
#[cfg(test)]
mod fetching;
#[cfg(test)]
mod fetching_answers;
#[cfg(test)]
mod fetching_told;
#[cfg(test)]
mod hangups;
#[cfg(test)]
mod import;
#[cfg(test)]
mod ladder;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod numbered_checks;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod resume;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod simulate;
#[cfg(test)]
mod store;
#[cfg(test)]
mod store_crossing;
#[cfg(test)]
mod store_killed;
#[cfg(test)]
#[cfg(feature = "postgres")]
mod store_postgres;
#[cfg(test)]
mod support;
#[cfg(test)]
mod twiml_bad_values;
#[cfg(test)]
mod twiml_calls;
#[cfg(test)]
mod twiml_check;
#[cfg(test)]
mod twiml_conference;
#[cfg(test)]
mod twiml_diagnostics;
#[cfg(test)]
mod twiml_dial;
#[cfg(test)]
mod twiml_documents;
#[cfg(test)]
mod twiml_fetching;
#[cfg(test)]
mod twiml_flow;
#[cfg(test)]
mod twiml_gather;
#[cfg(test)]
mod twiml_generators;
#[cfg(test)]
mod twiml_properties;
#[cfg(test)]
mod twiml_queue;
#[cfg(test)]
mod twiml_record;
#[cfg(test)]
mod twiml_refer;
#[cfg(test)]
mod twiml_resume;
#[cfg(test)]
mod twiml_say;
#[cfg(test)]
mod twiml_table;
#[cfg(test)]
mod web_connecting;
#[cfg(test)]
mod web_failures;
#[cfg(test)]
mod web_requests;
#[cfg(test)]
mod web_servers;
#[cfg(test)]
mod web_support;
#[cfg(test)]
mod web_tls;
