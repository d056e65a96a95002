package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.audit.AuditConfig;
import io.headgate.filter.audit.ExportConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a file says where the records of the audit log are sent to. */
class AuditExportConfigTest {
    private static final String SECRET = "hunter2-very-secret";
    private static final Map<String, String> ENVIRONMENT =
            Map.of("TOKEN", SECRET, "URL", "https://user:" + SECRET + "@siem.example/x", "LINES", "a\nb" + SECRET);

    @TempDir
    Path directory;

    @Test
    void needsNoMoreThanAUrl() {
        ExportConfig export = export("{url: 'https://siem.example/in?key=" + SECRET + "'}");
        assertThat(export.format()).isEqualTo(ExportConfig.Format.RECORDS);
        assertThat(export.batchRecords()).isEqualTo(1_000);
        assertThat(export.batchBytes()).isEqualTo(1024 * 1024);
        assertThat(export.timeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(export.backoff()).isEqualTo(Duration.ofSeconds(60));
        assertThat(export.headers()).isEmpty();
        assertThat(export).hasToString("ExportConfig[https://siem.example]");
    }

    @Test
    void takesEveryKey() {
        ExportConfig export = export("{url: 'http://[::1]:8088/in', headers: {Authorization: 'Bearer ${TOKEN}'},"
                + " format: ocsf, batchRecords: 7, batchBytes: 64KiB, timeout: 3s, backoff: 5m}");
        assertThat(Objects.requireNonNull(export.headers().get("Authorization")).value())
                .isEqualTo("Bearer " + SECRET);
        assertThat(export.headers().toString()).doesNotContain(SECRET);
        assertThat(export.format()).isEqualTo(ExportConfig.Format.OCSF);
        assertThat(export.batchRecords()).isEqualTo(7);
        assertThat(export.batchBytes()).isEqualTo(64 * 1024);
        assertThat(export.timeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(export.backoff()).isEqualTo(Duration.ofMinutes(5));
        assertThat(export.target()).isEqualTo("http://[::1]:8088");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "{format: ocsf} | .url: missing (expected: a URL)",
                "{url: 'ftp://x/y'} | .url: no http URL (expected: http://... or https://...)",
                "{url: 'https:x'} | .url: no host or no port in the URL (expected: as in https://siem.example/ingest)",
                "{url: 'https://x/#y'} | .url: a fragment in a URL (expected: none)",
                "{url: '${URL}'} | .url: ${URL} (expected: headers: {Authorization: ...})",
                "{url: 'https://x', headers: {'a b': c}} | .headers: no name of a header field (expected: a token)",
                "{url: 'https://x', headers: {Host: c}} | .headers: Host is written by the gateway (expected: another field)",
                "{url: 'https://x', headers: {A: '${LINES}'}} | .headers: A is *** (expected: printable ASCII)",
                "{url: 'https://x', batchRecords: 0} | .batchRecords: 0 (expected: 1 to 10000)",
                "{url: 'https://x', batchBytes: 1KiB} | .batchBytes: 1024 (expected: 64KiB to 16MiB)",
                "{url: 'https://x', timeout: 0s} | .timeout: 0ms (expected: > 0s and <= 1h)",
                "{url: 'https://x', backoff: 2h} | .backoff: 7200000ms (expected: > 0s and <= 1h)",
                "{url: 'https://x', format: cef} | .format: cef; did you mean 'ocsf'? (expected: records, ocsf)",
                "{url: 'https://x', retries: 3} | .retries: unknown key (expected: url, headers, format, batchRecords, batchBytes, timeout, backoff)"
            })
    void saysWhatIsWrongAndNoSecret(String export, String problem) {
        List<String> problems = ConfigReading.problems(directory, file(export), ENVIRONMENT);
        assertThat(problems).singleElement().asString().endsWith("filters[0].audit.export" + problem);
        assertThat(problems.toString()).doesNotContain(SECRET);
    }

    private ExportConfig export(String export) {
        Config config = ConfigReading.read(directory, file(export), ENVIRONMENT);
        AuditConfig audit = (AuditConfig) config.filters().get(0).config();
        return Objects.requireNonNull(audit.export());
    }

    private static String file(String export) {
        return "mcpServers: {a: {url: 'http://127.0.0.1:1/mcp'}}\nfilters: [{audit: {export: " + export + "}}]\n";
    }
}
