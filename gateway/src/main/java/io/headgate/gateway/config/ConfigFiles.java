package io.headgate.gateway.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The files that a configuration consists of, in the order in which they are read. */
final class ConfigFiles {
    private final Problems problems;
    private final Set<Path> noted = new LinkedHashSet<>();
    private final List<String> digests = new ArrayList<>();

    ConfigFiles(Problems problems) {
        this.problems = problems;
    }

    /** Notes a file whether or not it can be read: one that is missing may come. */
    void note(Path path) {
        noted.add(path.toAbsolutePath().normalize());
    }

    /** The text of a file, or null as with {@link TextFile}. */
    @Nullable
    String read(Path path, Place place, String key, String expected) {
        note(path);
        problems.inOrder(path.toString());
        String text = TextFile.read(path, place, key, expected, problems);
        if (text != null) {
            digests.add(digest(text));
        }
        return text;
    }

    List<Path> all() {
        return List.copyOf(noted);
    }

    /** The SHA-256 of the text if there is one, else that of the SHA-256s of the texts, each on a line. */
    String digest() {
        return digests.size() == 1 ? digests.get(0) : digest(String.join("\n", digests) + "\n");
    }

    private static String digest(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException impossible) {
            throw new LinkageError("every platform has SHA-256", impossible);
        }
    }
}
