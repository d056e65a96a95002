package io.headgate.gateway;

import io.headgate.gateway.config.Nearest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What follows a verb: options with a value each, flags without one, and the rest. */
record CommandLine(Map<String, List<String>> options, Set<String> flags, List<String> rest, boolean wantsHelp) {
    /** Reads arguments; every option of the verb takes a value. */
    static CommandLine parse(String verb, List<String> known, List<String> arguments) {
        return parse(verb, known, List.of(), arguments);
    }

    /** Reads arguments of a verb that also has flags. */
    static CommandLine parse(String verb, List<String> known, List<String> knownFlags, List<String> arguments) {
        Set<String> flags = new LinkedHashSet<>();
        Map<String, List<String>> options = new LinkedHashMap<>();
        List<String> rest = new ArrayList<>();
        boolean wantsHelp = false;
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
            String name = equals < 0 ? argument : argument.substring(0, equals);
            if (name.equals("--help") || name.equals("-h")) {
                wantsHelp = true;
            } else if (!name.startsWith("-")) {
                rest.add(argument);
            } else if (knownFlags.contains(argument)) {
                flags.add(argument);
            } else if (!known.contains(name)) {
                throw new UsageException(verb + ": unknown option " + name
                        + unknown(
                                name,
                                Stream.concat(known.stream(), knownFlags.stream())
                                        .toList()));
            } else if (equals < 0 && i + 1 == arguments.size()) {
                throw new UsageException(verb + ": " + name + " has no value");
            } else {
                String value = equals < 0 ? arguments.get(++i) : argument.substring(equals + 1);
                options.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
            }
        }
        return new CommandLine(options, flags, rest, wantsHelp);
    }

    private static String unknown(String name, List<String> known) {
        return known.isEmpty() ? " (expected: none)" : Nearest.hint(name, known);
    }

    @Nullable
    String option(String name) {
        List<String> values = options.getOrDefault(name, List.of());
        return values.isEmpty() ? null : values.get(values.size() - 1);
    }

    boolean has(String flag) {
        return flags.contains(flag);
    }

    List<String> all(String name) {
        return options.getOrDefault(name, List.of());
    }

    /** A command that cannot be understood; the message says why, on one line. */
    static final class UsageException extends RuntimeException {
        UsageException(String message) {
            super(message, null, false, false);
        }
    }
}
