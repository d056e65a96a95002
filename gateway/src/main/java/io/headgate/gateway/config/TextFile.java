package io.headgate.gateway.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads the files that a configuration consists of. */
final class TextFile {
    private TextFile() {}

    /** The text, or null if there is none, which then is among the problems; the place and the key are what names it. */
    static @Nullable String read(Path path, Place place, String key, String expected, Problems problems) {
        try {
            String text = read(path, YamlTree.MAX_CHARACTERS);
            if (text.startsWith("\uFEFF")) {
                problems.add(new Place(path.toString(), 1, 1), "", "a byte order mark (expected: UTF-8 without one)");
                return null;
            }
            return text;
        } catch (TooLarge tooLarge) {
            problems.add(place, key, path + " is too large (expected: at most 1MiB)");
        } catch (NoSuchFileException missing) {
            problems.add(place, key, path + " does not exist (expected: " + expected + ")");
        } catch (CharacterCodingException notText) {
            problems.add(new Place(path.toString(), 1, 1), "", "not UTF-8 (expected: a text file)");
        } catch (IOException unreadable) {
            problems.add(place, key, path + " cannot be read (expected: " + expected + ")");
        }
        return null;
    }

    /** The text of a file; of one that says it is empty and has no end, as a device, no more is read than may be. */
    static String read(Path path, int mostBytes) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(mostBytes + 1);
            if (bytes.length > mostBytes) {
                throw new TooLarge();
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        }
    }

    /** More than may be read. */
    static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1L;

        TooLarge() {
            super("too large");
        }
    }

    /** Where the paths start that a file names. */
    static Path directoryOf(Path file) {
        Path parent = file.getParent();
        return parent == null ? Path.of("") : parent;
    }
}
