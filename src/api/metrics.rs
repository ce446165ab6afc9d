//! The process's metrics, as Prometheus reads them.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts collecting, once for the whole process.
pub(super) fn handle() -> PrometheusHandle {
    let start = || {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if let Err(error) = ::metrics::set_global_recorder(recorder) {
            tracing::warn!(%error, "metrics go elsewhere; /metrics stays empty");
        }
        handle
    };
    HANDLE.get_or_init(start).clone()
}
