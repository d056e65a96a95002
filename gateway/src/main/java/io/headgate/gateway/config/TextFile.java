package io.headgate.gateway.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
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
            if (Files.size(path) > YamlTree.MAX_CHARACTERS) {
                problems.add(place, key, path + " is too large (expected: at most 1MiB)");
                return null;
            }
            String text = Files.readString(path);
            if (text.startsWith("\uFEFF")) {
                problems.add(new Place(path.toString(), 1, 1), "", "a byte order mark (expected: UTF-8 without one)");
                return null;
            }
            return text;
        } catch (NoSuchFileException missing) {
            problems.add(place, key, path + " does not exist (expected: " + expected + ")");
        } catch (CharacterCodingException notText) {
            problems.add(new Place(path.toString(), 1, 1), "", "not UTF-8 (expected: a text file)");
        } catch (IOException unreadable) {
            problems.add(place, key, path + " cannot be read (expected: " + expected + ")");
        }
        return null;
    }

    /** Where the paths start that a file names. */
    static Path directoryOf(Path file) {
        Path parent = file.getParent();
        return parent == null ? Path.of("") : parent;
    }
}
