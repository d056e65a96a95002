package io.headgate.gateway.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A file and the parts that it includes, read as if they were one.
 *
 * <p>A part comes behind the file that includes it, and the parts come in the order of the list; each may include others.
 * The servers of all of them are served. Any other key may be in one of them only, so that the order of files decides
 * nothing but the order of servers.
 */
final class Parts {
    static final String INCLUDE = "include";
    static final String SERVERS = "mcpServers";

    static final int MOST_FILES = 1_000;
    private static final int MOST_LEVELS = 8;
    private static final int MOST_CHARACTERS = 16 << 20;

    private final List<String> known;
    private final Problems problems;
    private final ConfigFiles files;
    private final RecordBinder binder;

    private final Map<String, Value.Field> entries = new LinkedHashMap<>();
    private final List<Value.Field> servers = new ArrayList<>();
    /** Which files there are, and where each of them is named. */
    private final Map<Path, Place> named = new HashMap<>();
    /** The files that are being read, each included by the one before it. */
    private final Deque<Path> open = new ArrayDeque<>();

    private int characters;

    Parts(List<String> known, Problems problems, ConfigFiles files, RecordBinder binder) {
        this.known = known;
        this.problems = problems;
        this.files = files;
        this.binder = binder;
    }

    /** Reads a file and its parts; what is wrong with them is among the problems. */
    void read(Path file) {
        read(file, new Place(file.toString(), 1, 1), "");
    }

    /** The keys of all parts but {@link #INCLUDE} and {@link #SERVERS}. */
    Map<String, Value.Field> entries() {
        return entries;
    }

    /** What stands under {@link #SERVERS} in each part that has it. */
    List<Value.Field> servers() {
        return servers;
    }

    private void read(Path file, Place place, String key) {
        if (!mayRead(file, place, key)) {
            return;
        }
        String text = files.read(file, place, key, "a file");
        if (text == null) {
            return;
        }
        characters += text.length();
        if (characters > MOST_CHARACTERS) {
            problems.add(place, key, "too large with " + file + " (expected: at most 16MiB in all files)");
            return;
        }
        open.push(identity(file));
        Value root = YamlTree.read(file.toString(), text, problems);
        if (root instanceof Value.Fields fields) {
            take(fields);
        } else if (root != null && !(root instanceof Value.Text empty && empty.isEmpty())) {
            problems.add(
                    root.place(),
                    "",
                    RecordBinder.kind(root) + " (expected: keys with values, as in listen: 127.0.0.1:8080)");
        }
        open.pop();
    }

    private boolean mayRead(Path file, Place place, String key) {
        Path identity = identity(file);
        if (open.contains(identity)) {
            problems.add(place, key, file + " includes itself (expected: files that do not include each other)");
            return false;
        }
        Place earlier = named.putIfAbsent(identity, place);
        if (earlier != null) {
            problems.add(place, key, file + " a second time (expected: once, as at " + earlier + ")");
            return false;
        }
        if (named.size() > MOST_FILES) {
            problems.add(place, key, "too many files with " + file + " (expected: at most " + MOST_FILES + ")");
            return false;
        }
        if (open.size() >= MOST_LEVELS) {
            problems.add(place, key, file + " is nested too deep (expected: at most " + MOST_LEVELS + " levels)");
            return false;
        }
        return true;
    }

    private void take(Value.Fields fields) {
        binder.refuseUnknown(fields, "", known);
        fields.entries().forEach((name, field) -> {
            if (name.equals(SERVERS)) {
                servers.add(field);
            } else if (!name.equals(INCLUDE)) {
                Value.Field earlier = entries.putIfAbsent(name, field);
                if (earlier != null) {
                    problems.add(field.place(), name, "a second time (expected: once, as at " + earlier.place() + ")");
                }
            }
        });
        Value.Field include = fields.entries().get(INCLUDE);
        if (include != null) {
            include(include.value());
        }
    }

    private void include(Value value) {
        if (!(value instanceof Value.Items items)) {
            include(value, INCLUDE);
            return;
        }
        for (int i = 0; i < items.values().size(); i++) {
            include(items.values().get(i), INCLUDE + "[" + i + "]");
        }
    }

    private void include(Value value, String key) {
        Path path = binder.path(value, key);
        if (path == null) {
            return;
        }
        if (Files.isDirectory(path)) {
            inDirectory(path, value.place(), key).forEach(file -> read(file, value.place(), key));
        } else if (Files.exists(path) && !Files.isRegularFile(path)) {
            problems.add(value.place(), key, path + " is no regular file (expected: a file or a directory)");
        } else {
            read(path, value.place(), key);
        }
    }

    /** The files of a directory in the order of their names. */
    private List<Path> inDirectory(Path directory, Place place, String key) {
        // A file that is added to it counts as well.
        files.note(directory);
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(Parts::isPart)
                    .sorted(Comparator.comparing(Parts::name))
                    .toList();
        } catch (IOException | UncheckedIOException unreadable) {
            problems.add(place, key, directory + " cannot be read (expected: a readable directory)");
            return List.of();
        }
    }

    /** Not a file that an editor hides beside the one that it edits. */
    private static boolean isPart(Path file) {
        String name = name(file);
        return !name.startsWith(".") && (name.endsWith(".yaml") || name.endsWith(".yml")) && !Files.isDirectory(file);
    }

    private static String name(Path file) {
        Path name = file.getFileName();
        return name == null ? "" : name.toString();
    }

    /** One path for all paths that lead to a file. */
    private static Path identity(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException missing) {
            return file.toAbsolutePath().normalize();
        }
    }
}
