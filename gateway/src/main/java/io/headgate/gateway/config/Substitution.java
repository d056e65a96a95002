package io.headgate.gateway.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Fills {@code ${...}} in scalars from the environment and from files.
 *
 * <p>Whatever is filled in counts as a secret: messages show the reference and not the value.
 */
final class Substitution {
    private static final int MAX_FILE_BYTES = 64 * 1024;
    private static final Pattern REFERENCE = Pattern.compile(
            "\\$\\$|\\$\\{(?:(?<source>env|file|input):)?(?<name>[^{}:]+)(?<fallback>:-(?<default>[^{}]*))?\\}|\\$\\{");
    private static final Pattern BARE = Pattern.compile("\\$[A-Za-z_]");
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private final Environment environment;
    private final ConfigFiles files;

    Substitution(Environment environment, ConfigFiles files) {
        this.environment = environment;
        this.files = files;
    }

    /** The text with everything filled in; fails with what is wrong, for a message. Relative paths start at the directory. */
    Filled fill(String written, Path directory) throws Unfilled {
        if (written.indexOf('$') < 0) {
            return new Filled(written, written);
        }
        Matcher matcher = REFERENCE.matcher(written);
        StringBuilder text = new StringBuilder();
        StringBuilder shown = new StringBuilder();
        while (matcher.find()) {
            String value = value(matcher, directory);
            matcher.appendReplacement(text, Matcher.quoteReplacement(value));
        }
        matcher.appendTail(text);
        matcher.reset();
        while (matcher.find()) {
            String fallback = matcher.group("fallback") == null ? matcher.group() : withoutDefault(matcher.group());
            matcher.appendReplacement(shown, Matcher.quoteReplacement(fallback));
        }
        matcher.appendTail(shown);
        return new Filled(text.toString(), shown.toString());
    }

    /** True for a name behind a dollar sign without braces, as a shell would take it. */
    static boolean hasBareName(String written) {
        return written.indexOf('$') >= 0
                && BARE.matcher(REFERENCE.matcher(written).replaceAll(" ")).find();
    }

    private static String withoutDefault(String reference) {
        return reference.substring(0, reference.indexOf(":-")) + ":-***}";
    }

    private String value(Matcher matcher, Path directory) throws Unfilled {
        if (matcher.group().equals("$$")) {
            return "$";
        }
        String name = matcher.group("name");
        if (name == null) {
            throw new Unfilled(
                    "a ${ that cannot be read", "${NAME}, ${NAME:-default}, ${file:PATH}, or $${ for itself");
        }
        String source = matcher.group("source");
        if ("file".equals(source)) {
            return file(name, directory);
        }
        String variable = "input".equals(source)
                ? "INPUT_" + name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_")
                : name;
        if (!NAME.matcher(variable).matches()) {
            throw new Unfilled("${" + name + "} has no name", "letters, digits and underscores");
        }
        String value = environment.get(variable);
        boolean isMissing = value == null || (value.isEmpty() && matcher.group("fallback") != null);
        String fallback = matcher.group("default");
        if (isMissing && fallback == null) {
            throw new Unfilled(
                    "${" + name + "} is not set",
                    "the environment variable " + variable + ", or a default as in ${" + name + ":-default}");
        }
        return isMissing ? String.valueOf(fallback) : String.valueOf(value);
    }

    private String file(String name, Path directory) throws Unfilled {
        String reference = "${file:" + name + "}";
        Path path;
        try {
            path = directory.resolve(name);
            files.note(path);
        } catch (InvalidPathException noPath) {
            throw new Unfilled(reference + " names no file", "the path of a file that holds the value");
        }
        try {
            // A device may have no end, and a pipe may never say anything.
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                throw new Unfilled(reference + " is no regular file", "a text file that holds the value");
            }
            String text = TextFile.read(path, MAX_FILE_BYTES).stripTrailing();
            if (text.isEmpty()) {
                throw new Unfilled(reference + " is empty", "a file that holds the value");
            }
            return text;
        } catch (TextFile.TooLarge tooLarge) {
            throw new Unfilled(reference + " is too large", "at most 64KiB");
        } catch (CharacterCodingException notText) {
            throw new Unfilled(reference + " is not UTF-8", "a text file");
        } catch (IOException | SecurityException unreadable) {
            throw new Unfilled(reference + " cannot be read", "a readable file at " + path.normalize());
        }
    }

    /** A text and what may be shown of it. */
    record Filled(String text, String shown) {
        boolean isSecret() {
            return !text.equals(shown);
        }
    }

    /** Where variables come from. */
    @FunctionalInterface
    interface Environment {
        @Nullable
        String get(String name);
    }

    /** A reference that nothing fills. */
    static final class Unfilled extends Exception {
        Unfilled(String problem, String expected) {
            super(problem + " (expected: " + expected + ")", null, false, false);
        }
    }
}
