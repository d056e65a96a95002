package io.headgate.gateway.hostile;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A series that must move, or must have a value, such as {@code name_total{reason="framing"}} or {@code name == 0}.
 *
 * @param value the exact value that the series must have, or null if it must have grown
 */
record MetricExpectation(
        String name, Map<String, String> labels, @Nullable Double value) {
    private static final Pattern FORM = Pattern.compile("(\\w+)(?:\\{([^}]*)})?\\s*(.*)");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

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
        boolean zero = form.group(3).matches("(==\\s*)?0");
        return new MetricExpectation(form.group(1), labels, zero ? 0.0 : null);
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
        return now > then ? null : this + " did not grow (" + then + " to " + now + ")" + after.nearTo(name, before);
    }

    @Override
    public String toString() {
        return name + labels;
    }
}
