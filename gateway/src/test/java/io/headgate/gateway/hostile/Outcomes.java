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

/**
 * The outcomes expected of one or more requests, such as {@code 200 x10, 429 x40 (+-1)}, {@code 200,400},
 * {@code 401 then 429} or {@code 200 x5, the rest 429}.
 */
record Outcomes(List<Wanted> wanted) {
    /** Stands for as many as there are besides those that are counted. */
    private static final int REST = -1;

    private static final Pattern TIMES_AFTER = Pattern.compile("(?:\\bx|[×*])\\s*(\\d+)|\\(?(\\d+) times\\)?");
    private static final Pattern TIMES_BEFORE = Pattern.compile("^(\\d+)\\s*(?:x|×|times)\\s+");
    private static final Pattern TOLERANCE = Pattern.compile("\\(?(?:\\+-|±|\\+/-)\\s*(\\d+)\\)?");
    private static final Pattern THE_REST =
            Pattern.compile("^(?:the rest|rest|(?:the |all )?others?|(?:the )?remaining|(?:all )?after that):? +");

    /** What people put before the first word that counts. */
    private static final Pattern FILLER = Pattern.compile(
            "^(?:(?:a|an|the|and|then|each|all|always|either|mostly|first|only|mix of|up to|at most)\\s+)+");

    private static final Pattern FIRST_WORD = Pattern.compile("[A-Za-z_0-9]+");
    private static final Pattern ALTERNATIVES = Pattern.compile(" or |/|\\|");

    /** A count with commas between its digits; elsewhere a comma separates outcomes. */
    private static final Pattern LONG_COUNT =
            Pattern.compile("(?<=x ?)\\d{1,3}(?:,\\d{3})+|\\d{1,3}(?:,\\d{3})+(?= ?(?:x|times) )");

    /** One kind of outcome: any of its values, so many times. */
    record Wanted(Set<String> values, int times, int tolerance) {}

    /** Reads an expectation; words that are not known are prose, which only the sender of the case can check. */
    static Outcomes of(@Nullable Object value, Predicate<String> isKnown) {
        List<Wanted> wanted = new ArrayList<>();
        String text = LONG_COUNT
                .matcher(value == null ? "" : value.toString())
                .replaceAll(count -> count.group().replace(",", ""));
        for (String item : text.split(",", -1)) {
            String[] steps = item.split(" then ", -1);
            boolean areCounted =
                    TIMES_AFTER.matcher(item).find() || THE_REST.matcher(item).find();
            if (areCounted) {
                for (String step : steps) {
                    add(wanted, step.trim(), isKnown);
                }
            } else {
                // How many there are of each is not said: each of them may come.
                add(wanted, String.join(" or ", steps).trim(), isKnown);
            }
        }
        return new Outcomes(wanted);
    }

    private static void add(List<Wanted> wanted, String item, Predicate<String> isKnown) {
        Matcher rest = THE_REST.matcher(item);
        Matcher before = TIMES_BEFORE.matcher(item);
        boolean isRest = rest.find();
        boolean isBefore = before.find();
        String words = isRest ? rest.replaceFirst("") : isBefore ? before.replaceFirst("") : item;
        Set<String> values = new LinkedHashSet<>();
        for (String alternative : ALTERNATIVES.split(words, -1)) {
            String plain = FILLER.matcher(alternative.trim()).replaceFirst("");
            Matcher word = FIRST_WORD.matcher(plain);
            if (word.find() && isKnown.test(word.group())) {
                values.add(word.group());
            }
        }
        if (!values.isEmpty()) {
            int times = isRest ? REST : isBefore ? Words.number(before.group(1)) : times(item);
            wanted.add(new Wanted(values, times, tolerance(item)));
        }
    }

    private static int times(String text) {
        Matcher matcher = TIMES_AFTER.matcher(text);
        if (!matcher.find()) {
            return 1;
        }
        return Words.number(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
    }

    private static int tolerance(String text) {
        Matcher matcher = TOLERANCE.matcher(text);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    boolean isEmpty() {
        return wanted.isEmpty();
    }

    /** True if the outcome that is named last was the last one seen. */
    boolean isLast(List<String> seen) {
        if (wanted.isEmpty() || seen.isEmpty()) {
            return wanted.isEmpty();
        }
        List<String> values = List.copyOf(wanted.get(wanted.size() - 1).values());
        return values.get(values.size() - 1).equals(seen.get(seen.size() - 1));
    }

    /** How many requests the expectation speaks of. */
    int count() {
        return wanted.stream().mapToInt(each -> Math.max(0, each.times())).sum();
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
        Set<String> others = new LinkedHashSet<>();
        for (Wanted each : wanted) {
            if (each.times() == REST) {
                others.addAll(each.values());
            } else {
                expected.merge(each.values(), each.times(), Integer::sum);
            }
        }
        int tolerance = wanted.stream().mapToInt(Wanted::tolerance).max().orElse(0);
        boolean fits = true;
        long all = others.isEmpty() ? 0 : count(seen, others);
        for (Map.Entry<Set<String>, Integer> each : expected.entrySet()) {
            long count = count(seen, each.getKey());
            all += count;
            fits &= Math.abs(count - each.getValue()) <= tolerance;
        }
        return fits && all == seen.size() ? null : "was " + brief(seen) + " (expected: " + this + ")";
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
        for (Wanted each : wanted) {
            String values = String.join("|", each.values());
            parts.add(each.times() == REST ? "the rest " + values : values + " x" + each.times());
        }
        return String.join(", ", parts);
    }
}
