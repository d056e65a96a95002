package io.headgate.gateway.hostile;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A series that must move, or must have a value, such as {@code name_total{reason="framing"}} or {@code name == 0}.
 *
 * @param value the exact value that the series must have, or null if that is not said
 * @param isStill true if it must not move at all
 */
record MetricExpectation(
        String name, Map<String, String> labels, @Nullable Double value, boolean isStill) {
    private static final Pattern FORM = Pattern.compile("(\\w+)(?:\\{([^}]*)})?\\s*(.*)");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

    /** What stands between two series. */
    private static final Pattern BETWEEN = Pattern.compile("\\s*(?:[,;+&]|\\band\\b)\\s*(?=headgate_)");

    /** All the series that a text names. */
    static List<MetricExpectation> all(String text) {
        return BETWEEN.splitAsStream(text)
                .map(MetricExpectation::of)
                .flatMap(Stream::ofNullable)
                .toList();
    }

    static @Nullable MetricExpectation of(String text) {
        Matcher form = FORM.matcher(text.trim());
        if (!form.matches() || !form.group(1).contains("_")) {
            return null;
        }
        Map<String, String> labels = new LinkedHashMap<>();
        Matcher label = LABEL.matcher(form.group(2) == null ? "" : form.group(2));
        while (label.find()) {
            labels.put(label.group(1), label.group(2));
        }
        // A number after a counter says how far it moves in total; only a zero is a value to hold.
        String how = form.group(3);
        boolean zero = how.matches("(==?\\s*)?0");
        boolean still = how.matches("\\+ ?0|unchanged|(?:stays|does not (?:move|grow)).*");
        return new MetricExpectation(form.group(1), labels, zero ? 0.0 : null, still);
    }

    /** What is wrong with the series, or null. */
    @Nullable
    String mismatch(Metrics before, Metrics after) {
        double then = before.sum(name, labels);
        double now = after.sum(name, labels);
        Double wanted = value;
        if (wanted != null) {
            return now == wanted ? null : this + " is " + now + " (expected: " + wanted + ")";
        }
        if (isStill) {
            return now == then ? null : this + " grew from " + then + " to " + now + " (expected: not at all)";
        }
        return now > then ? null : this + " did not grow (" + then + " to " + now + ")" + after.nearTo(name, before);
    }

    @Override
    public String toString() {
        return name + labels;
    }
}
