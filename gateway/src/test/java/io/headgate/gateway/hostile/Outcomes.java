package io.headgate.gateway.hostile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The outcomes expected of one or more requests, such as {@code 200 x10, 429 x40 (+-1)} or {@code 200,400}. */
record Outcomes(List<Wanted> wanted) {
    private static final Pattern TIMES = Pattern.compile("\\bx(\\d+)");
    private static final Pattern TOLERANCE = Pattern.compile("\\(\\+-(\\d+)\\)");
    private static final Pattern FIRST_WORD = Pattern.compile("[A-Za-z_0-9]+");

    /** One kind of outcome: any of its values, so many times. */
    record Wanted(Set<String> values, int times, int tolerance) {}

    /** Reads an expectation; words that are not known are prose, which only the sender of the case can check. */
    static Outcomes of(@Nullable Object value, Predicate<String> isKnown) {
        List<Wanted> wanted = new ArrayList<>();
        String text = value == null ? "" : value.toString();
        for (String item : text.split(",", -1)) {
            Set<String> values = new LinkedHashSet<>();
            for (String alternative : item.split(" or |/", -1)) {
                Matcher word = FIRST_WORD.matcher(alternative);
                if (word.find() && isKnown.test(word.group())) {
                    values.add(word.group());
                }
            }
            if (!values.isEmpty()) {
                wanted.add(new Wanted(values, number(TIMES, item, 1), number(TOLERANCE, item, 0)));
            }
        }
        return new Outcomes(wanted);
    }

    private static int number(Pattern pattern, String text, int otherwise) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : otherwise;
    }

    boolean isEmpty() {
        return wanted.isEmpty();
    }

    /** How many requests the expectation speaks of. */
    int count() {
        return wanted.stream().mapToInt(Wanted::times).sum();
    }

    /** What is wrong with the outcomes seen, or null; one expected kind stands for however many were seen. */
    @Nullable
    String mismatch(List<String> seen) {
        if (wanted.isEmpty()) {
            return null;
        }
        if (wanted.size() == 1 && wanted.get(0).times() == 1) {
            Set<String> values = wanted.get(0).values();
            boolean fits = !seen.isEmpty() && values.containsAll(seen);
            return fits ? null : "was " + brief(seen) + " (expected: " + String.join(" or ", values) + ")";
        }
        Map<Set<String>, Integer> expected = new LinkedHashMap<>();
        wanted.forEach(each -> expected.merge(each.values(), each.times(), Integer::sum));
        int tolerance = wanted.stream().mapToInt(Wanted::tolerance).max().orElse(0);
        boolean fits = expected.keySet().stream()
                        .mapToLong(values -> count(seen, values))
                        .sum()
                == seen.size();
        for (Map.Entry<Set<String>, Integer> each : expected.entrySet()) {
            fits &= Math.abs(count(seen, each.getKey()) - each.getValue()) <= tolerance;
        }
        return fits ? null : "was " + brief(seen) + " (expected: " + this + ")";
    }

    private static long count(List<String> seen, Set<String> values) {
        return seen.stream().filter(values::contains).count();
    }

    private static String brief(List<String> seen) {
        List<String> runs = new ArrayList<>();
        for (int from = 0; from < seen.size(); ) {
            int to = from;
            while (to < seen.size() && seen.get(to).equals(seen.get(from))) {
                to++;
            }
            runs.add(seen.get(from) + (to - from > 1 ? " x" + (to - from) : ""));
            from = to;
        }
        return runs.isEmpty() ? "nothing" : String.join(", ", runs);
    }

    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        wanted.forEach(w -> parts.add(String.join("|", w.values()) + " x" + w.times()));
        return String.join(", ", parts);
    }
}
