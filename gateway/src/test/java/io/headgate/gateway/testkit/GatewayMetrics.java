package io.headgate.gateway.testkit;

import io.headgate.gateway.Gateway;
import io.headgate.testkit.ModernClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** What a running gateway says of itself to Prometheus. */
public final class GatewayMetrics {
    private final HttpClient http = HttpClient.newHttpClient();
    private final URI uri;

    public GatewayMetrics(Gateway gateway) {
        this.uri = URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + "/metrics");
    }

    /** All values under this name together. */
    public double get(String name) {
        return get(name, "");
    }

    /** Those that have this label. */
    public double get(String name, String label) {
        try {
            String all = http.send(
                            HttpRequest.newBuilder(uri)
                                    .timeout(ModernClient.PATIENCE)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            return all.lines()
                    .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                    .filter(line -> line.contains(label))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        } catch (IOException | InterruptedException failed) {
            throw new AssertionError(failed);
        }
    }

    /** How often servers did wrong in this way. */
    public double faults(String fault) {
        return get("headgate_upstream_faults_total", "reason=\"" + fault + "\"");
    }
}
