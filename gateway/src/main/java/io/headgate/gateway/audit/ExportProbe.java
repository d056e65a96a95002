package io.headgate.gateway.audit;

import io.headgate.filter.audit.ExportConfig;
import reactor.core.publisher.Mono;

/** Asks the receiver of exported records whether it is there, before any are sent. */
public final class ExportProbe {
    private ExportProbe() {}

    /** The status of its answer to a batch without records, sent as the exporter sends its own. */
    public static Mono<Integer> ask(ExportConfig config) {
        return Mono.usingWhen(
                Mono.fromSupplier(() -> new ExportClient(config)),
                client -> client.post(new byte[0]),
                ExportClient::close);
    }
}
