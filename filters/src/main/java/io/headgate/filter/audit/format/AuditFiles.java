package io.headgate.filter.audit.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The names of the files in the directory of an audit log. */
public final class AuditFiles {
    public static final String CHECKPOINTS = "checkpoints.jsonl";
    public static final String PRIVATE_KEY = "signing-key.pem";
    public static final String PUBLIC_KEY = "signing-key.pub.pem";
    public static final String LOCK = "lock";

    private static final String SUFFIX = ".jsonl";
    private static final int DIGITS = 19;

    private AuditFiles() {}

    /** The name of the segment whose first record has this place. */
    public static String segment(long first) {
        return String.format(Locale.ROOT, "%0" + DIGITS + "d", first) + SUFFIX;
    }

    /** The place of the first record of a segment, from its name. */
    public static long first(Path segment) {
        return Long.parseLong(segment.getFileName().toString().substring(0, DIGITS));
    }

    /** The segments of a directory in order. */
    public static List<Path> segments(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> isSegment(file.getFileName().toString()))
                    .sorted()
                    .toList();
        }
    }

    private static boolean isSegment(String name) {
        return name.length() == DIGITS + SUFFIX.length()
                && name.endsWith(SUFFIX)
                && name.chars().limit(DIGITS).allMatch(c -> c >= '0' && c <= '9');
    }
}
