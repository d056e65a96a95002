package io.headgate.gateway.config;

import io.headgate.filter.NamePattern;
import io.headgate.gateway.policy.BuiltInFilters;
import io.headgate.gateway.policy.ChainReview;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a reviewer would say of a file whose parts are sound, each for itself. */
final class Review {
    private static final int MOST_SHOWN = 10;

    private final Config config;
    private final Problems problems;
    private final Written written;
    /** What the names of the tools of each server begin with. */
    private final Map<String, String> prefixes;

    Review(Config config, Problems problems, Written written, Map<String, String> prefixes) {
        this.config = config;
        this.problems = problems;
        this.written = written;
        this.prefixes = prefixes;
    }

    /** Looks at all of it; at the chain only if every filter of it could be read. */
    void look(boolean hasChain) {
        addresses();
        if (hasChain) {
            exposure();
            data();
            for (ChainReview.Remark remark : ChainReview.of(config.filters(), prefixes.keySet())) {
                say(remark.path(), remark.text(), remark.isError());
            }
            ChainReview.patternKeys(config.filters())
                    .forEach((path, pattern) -> written.put(path, pattern, place(path)));
        }
        if (!prefixes.isEmpty()) {
            patterns();
        }
    }

    private void addresses() {
        if (config.listen().overlaps(config.admin().listen())) {
            String path = written.place("admin") != null ? "admin" : "listen";
            String inner = written.isWritten("admin.listen") ? "admin.listen" : path;
            say(
                    inner,
                    (path.equals("admin") ? config.admin().listen() : config.listen()) + " is the port of "
                            + (path.equals("admin")
                                    ? "listen"
                                    : "admin, which is " + config.admin().listen())
                            + " too (expected: a port of its own for each)",
                    /* isError= */ true);
        }
    }

    private void exposure() {
        boolean isGuarded =
                config.filters().stream().anyMatch(filter -> filter.name().equals(BuiltInFilters.FIRST));
        if (!config.listen().isLoopback() && !isGuarded) {
            say(
                    "listen",
                    config.listen() + " without identity: every program that reaches it may call"
                            + " (expected: identity as the first filter, or an address of the loopback)",
                    /* isError= */ false);
        }
    }

    /** Without a filter that writes there, the directory is not needed, and not made. */
    private void data() {
        boolean isNeeded = ChainReview.writes(config.filters());
        String wrong = wrongWithData(config.data());
        if (wrong != null && (isNeeded || written.isWritten("data"))) {
            String path = written.isWritten("data") ? "data" : "filters";
            say(path, wrong + " (expected: a directory that the gateway can write)", isNeeded);
        }
    }

    private static @Nullable String wrongWithData(Path data) {
        Path existing = data.toAbsolutePath();
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing == null || !Files.isDirectory(existing)) {
            return existing + " is no directory";
        }
        return Files.isWritable(existing) ? null : existing + " cannot be written";
    }

    private void patterns() {
        for (Written.Pattern each : written.patterns()) {
            NamePattern pattern = each.pattern();
            if (prefixes.values().stream().noneMatch(pattern::mayFit)) {
                String known = prefixes.values().stream()
                        .distinct()
                        .limit(MOST_SHOWN)
                        .map(prefix -> prefix + "*")
                        .collect(Collectors.joining(", "));
                problems.warn(
                        place(each.path()),
                        each.path(),
                        pattern + " fits no tool of any server (expected: as in " + known + ")");
            } else if (looksLikeExpression(pattern.toString())) {
                problems.warn(
                        place(each.path()),
                        each.path(),
                        pattern + " has a dot before the star, as a regular expression (expected: "
                                + pattern.toString().replace(".*", "*") + ", because a star alone is any text)");
            }
        }
    }

    /** A name may have dots, as in {@code files.read}, but none that begins a word of it. */
    private static boolean looksLikeExpression(String text) {
        int dot = text.indexOf(".*");
        return dot == 0 || (dot > 0 && !Character.isLetterOrDigit(text.charAt(dot - 1)));
    }

    private void say(String path, String text, boolean isError) {
        if (isError) {
            problems.add(place(path), path, text);
        } else {
            problems.warn(place(path), path, text);
        }
    }

    private Place place(String path) {
        Place place = written.place(path);
        return place != null ? place : new Place(String.valueOf(config.files().get(0)), 1, 1);
    }
}
