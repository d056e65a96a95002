package io.headgate.filter.audit;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.headgate.filter.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where the records are sent to, and how.
 *
 * @param url takes batches of JSON lines by POST; its path and query may be secret
 * @param headers sent with every batch; the values are secrets
 * @param batchRecords how many records are sent at a time
 * @param batchBytes how large a batch may be
 * @param timeout how long the delivery of one batch may take
 * @param backoff the longest pause before a batch is sent again
 */
public record ExportConfig(
        URI url,
        Map<String, Secret> headers,
        Format format,
        int batchRecords,
        int batchBytes,
        Duration timeout,
        Duration backoff) {
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Set<String> OWN_HEADERS =
            Set.of("host", "content-length", "transfer-encoding", "connection", "expect", "te", "trailer", "upgrade");
    private static final int MOST_RECORDS = 10_000;
    private static final int LEAST_BYTES = 64 * 1024;
    private static final int MOST_BYTES = 16 * 1024 * 1024;
    private static final Duration LONGEST = Duration.ofHours(1);

    /** What a line of a batch is. */
    public enum Format {
        /** The record as it stands in the log. */
        RECORDS,
        /** An event of OCSF, class API Activity; records about the log itself are left out. */
        OCSF
    }

    public ExportConfig {
        checkUrl(url);
        headers.forEach(ExportConfig::checkHeader);
        headers = Map.copyOf(headers);
        if (batchRecords < 1 || batchRecords > MOST_RECORDS) {
            throw new IllegalArgumentException(
                    "batchRecords: " + batchRecords + " (expected: 1 to " + MOST_RECORDS + ")");
        }
        if (batchBytes < LEAST_BYTES || batchBytes > MOST_BYTES) {
            throw new IllegalArgumentException("batchBytes: " + batchBytes + " (expected: 64KiB to 16MiB)");
        }
        checkTime("timeout", timeout);
        checkTime("backoff", backoff);
    }

    /** What the file says; {@code url} is enough. */
    @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
    public static ExportConfig of(
            @JsonProperty("url") URI url,
            @JsonProperty("headers") @Nullable Map<String, Secret> headers,
            @JsonProperty("format") @Nullable Format format,
            @JsonProperty("batchRecords") @Nullable Integer batchRecords,
            @JsonProperty("batchBytes") @Nullable Integer batchBytes,
            @JsonProperty("timeout") @Nullable Duration timeout,
            @JsonProperty("backoff") @Nullable Duration backoff) {
        return new ExportConfig(
                url,
                headers != null ? headers : Map.of(),
                format != null ? format : Format.RECORDS,
                batchRecords != null ? batchRecords : 1_000,
                batchBytes != null ? batchBytes : 1024 * 1024,
                timeout != null ? timeout : Duration.ofSeconds(10),
                backoff != null ? backoff : Duration.ofSeconds(60));
    }

    /** As much of the URL as people may see. */
    public String target() {
        String port = url.getPort() < 0 ? "" : ":" + url.getPort();
        return url.getScheme() + "://" + url.getHost() + port;
    }

    /** Without path, query and header values. */
    @Override
    public String toString() {
        return "ExportConfig[" + target() + "]";
    }

    /** Says nothing of the URL itself, because it may hold a secret. */
    private static void checkUrl(URI url) {
        String scheme = url.getScheme();
        if (!"http".equalsIgnoreCase(scheme) && !"https".equalsIgnoreCase(scheme)) {
            throw new IllegalArgumentException("url: no http URL (expected: http://... or https://...)");
        }
        if (url.getRawUserInfo() != null) {
            throw new IllegalArgumentException("url: credentials in a URL (expected: headers: {Authorization: ...})");
        }
        if (url.getHost() == null || url.getPort() > 65_535) {
            throw new IllegalArgumentException(
                    "url: no host or no port in the URL (expected: as in https://siem.example/ingest)");
        }
        if (url.getRawFragment() != null) {
            throw new IllegalArgumentException("url: a fragment in a URL (expected: none)");
        }
    }

    private static void checkHeader(String name, Secret value) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("headers: no name of a header field (expected: a token)");
        }
        if (OWN_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException(
                    "headers: " + name + " is written by the gateway (expected: another field)");
        }
        if (!value.value().chars().allMatch(c -> c == '\t' || (c >= ' ' && c < 127))) {
            throw new IllegalArgumentException("headers: " + name + " is *** (expected: printable ASCII)");
        }
    }

    private static void checkTime(String name, Duration value) {
        if (value.isZero() || value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(name + ": " + value.toMillis() + "ms (expected: > 0s and <= 1h)");
        }
    }
}
