package io.headgate.filter.concurrency;

import io.headgate.filter.NamePattern;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The classes of calls that are limited together, because the latency of a mixture says nothing.
 *
 * <p>First those of the file; then {@code new} for what is not known yet, and one for each decade of the latency.
 */
final class CostClasses {
    private static final List<String> LEARNED = List.of("new", "10ms", "100ms", "1s", "10s", "minutes");

    /** Names that a file cannot give. */
    static final List<String> RESERVED = LEARNED;

    /** The upper end of the first decade. */
    private static final long FIRST = TimeUnit.MILLISECONDS.toNanos(10);

    private final List<CostClassConfig> configs;
    private final List<String> names = new ArrayList<>();
    private final List<List<NamePattern>> declared = new ArrayList<>();

    CostClasses(List<CostClassConfig> classes) {
        configs = classes;
        for (CostClassConfig each : classes) {
            names.add(each.name());
            declared.add(each.tools());
        }
        names.addAll(LEARNED);
    }

    boolean areOf(ConcurrencyConfig config) {
        return configs.equals(config.classes());
    }

    /** The class of a name, or -1 if there is none. */
    int index(String name) {
        return names.indexOf(name);
    }

    int size() {
        return names.size();
    }

    String name(int index) {
        return names.get(index);
    }

    /** The class of what is not known yet. */
    int unknown() {
        return declared.size();
    }

    /** The class that the file gives a tool, or that of the unknown. */
    int declared(String tool) {
        for (int i = 0; i < declared.size(); i++) {
            if (matches(declared.get(i), tool)) {
                return i;
            }
        }
        return unknown();
    }

    static boolean matches(List<NamePattern> patterns, String name) {
        for (NamePattern pattern : patterns) {
            if (pattern.matches(name)) {
                return true;
            }
        }
        return false;
    }

    boolean isDeclared(int index) {
        return index < declared.size();
    }

    /** The class of a latency; the present one as long as it fits by a factor of two. */
    int learned(double nanos, int present) {
        if (present > unknown()) {
            int decade = present - unknown() - 1;
            boolean isFast = decade > 0 && nanos < end(decade - 1) / 2;
            boolean isSlow = present < size() - 1 && nanos > end(decade) * 2;
            if (!isFast && !isSlow) {
                return present;
            }
        }
        int decade = 0;
        while (decade < LEARNED.size() - 2 && nanos >= end(decade)) {
            decade++;
        }
        return unknown() + 1 + decade;
    }

    private static double end(int decade) {
        return FIRST * Math.pow(10, decade);
    }
}
