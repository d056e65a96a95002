package io.headgate.gateway;

import io.headgate.filter.Secret;
import io.headgate.gateway.CommandLine.UsageException;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.config.ConfigRejected;
import io.headgate.gateway.config.effective.Change;
import io.headgate.gateway.config.effective.ConfigDiff;
import io.headgate.mcp.VisibleText;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What changes between two files, or between a gateway that runs and a file. */
final class DiffCommand {
    static final String AGAINST = "--against";
    static final String AS_JSON = "--json";

    private static final int EQUAL = 0;
    private static final int DIFFERENT = 1;
    private static final int BAD = 2;

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LONGEST_ANSWER = 16 * 1024 * 1024;
    private static final int LONGEST_LINE = 16 * 1024;
    private static final int OK = 200;

    private final PrintStream out;
    private final PrintStream err;

    private DiffCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** {@code headgate diff A B}; the exit status. */
    static int run(List<String> arguments, PrintStream out, PrintStream err) {
        DiffCommand command = new DiffCommand(out, err);
        return command.known(() -> command.files(arguments));
    }

    /** {@code headgate check -c FILE --against URL}; the exit status. */
    static int against(Path file, String url, boolean isStrict, boolean asJson, PrintStream out, PrintStream err) {
        DiffCommand command = new DiffCommand(out, err);
        return command.known(() -> {
            Config config = ConfigFile.read(file);
            return CheckCommand.passes(config.warnings(), isStrict, err) ? command.running(config, url, asJson) : BAD;
        });
    }

    private interface Step {
        int run() throws IOException, InterruptedException;
    }

    /** Whatever is wrong must not look like a difference. */
    private int known(Step step) {
        try {
            return step.run();
        } catch (ConfigRejected rejected) {
            rejected.withWarnings().forEach(err::println);
        } catch (UsageException | IllegalArgumentException wrong) {
            err.println("headgate: " + wrong.getMessage());
        } catch (IOException unreachable) {
            err.println("headgate: check: no answer from the gateway: " + shown(unreachable.toString())
                    + " (expected: the address of its admin port, as in " + AGAINST + " http://127.0.0.1:9090)");
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        return BAD;
    }

    private int files(List<String> arguments) {
        CommandLine line = CommandLine.parse("diff", List.of(), List.of(AS_JSON), arguments);
        if (line.wantsHelp()) {
            out.println(Usage.of("diff"));
            return EQUAL;
        }
        if (line.rest().size() != 2) {
            throw new UsageException(
                    "diff: " + line.rest().size() + " files (expected: two, as in headgate diff old.yaml new.yaml)");
        }
        Path from = Path.of(line.rest().get(0));
        Path to = Path.of(line.rest().get(1));
        return say(ConfigDiff.of(ConfigFile.read(from), home(from), ConfigFile.read(to), home(to)), line.has(AS_JSON));
    }

    private static Path home(Path file) {
        Path whole = file.toAbsolutePath();
        return whole.getParent() == null ? whole : whole.getParent();
    }

    private int running(Config config, String url, boolean asJson) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create((url.endsWith("/") ? url : url + "/") + "config?format=json"))
                .timeout(PATIENCE);
        Secret token = config.admin().token();
        if (token != null) {
            request.header("Authorization", "Bearer " + token.value());
        }
        HttpResponse<InputStream> answer = HttpClient.newBuilder()
                .connectTimeout(PATIENCE)
                .build()
                .send(request.build(), BodyHandlers.ofInputStream());
        try (InputStream body = answer.body()) {
            String text = new String(body.readNBytes(LONGEST_ANSWER), StandardCharsets.UTF_8);
            return say(ConfigDiff.of(ConfigDiff.told(effective(url, answer.statusCode(), text)), config), asJson);
        }
    }

    private static String effective(String url, int status, String body) {
        if (status != OK) {
            throw new UsageException("check: " + url + " answers " + status
                    + (status == 401 ? " (expected: admin.token in the file that is checked)" : " (expected: 200)"));
        }
        try {
            JsonNode effective = new JsonMapper().readTree(body).path("effective");
            if (effective.isObject()) {
                return effective.toString();
            }
        } catch (JacksonException notJson) {
            // Said below.
        }
        throw new UsageException("check: " + url + " tells no configuration (expected: the admin port of a gateway)");
    }

    private int say(List<Change> changes, boolean asJson) {
        if (asJson) {
            out.println(ConfigDiff.json(changes));
        } else if (changes.isEmpty()) {
            out.println("no difference");
        } else {
            changes.forEach(change -> out.println(shown(change.text())));
        }
        out.flush();
        return changes.isEmpty() ? EQUAL : DIFFERENT;
    }

    /** A line for a terminal: what was read may hold anything. */
    private static String shown(String text) {
        return VisibleText.shown(text, LONGEST_LINE);
    }
}
