package io.headgate.filter.audit.verify;

import io.headgate.filter.audit.verify.VerifyReport.Problem;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is found on the way, and where the way is. */
final class Findings {
    private static final int MOST = 100;

    final List<Problem> problems = new ArrayList<>();
    final List<String> notes = new ArrayList<>();
    String file = "";
    long line;
    long offset;

    void problem(String what, long seq, @Nullable String expected, @Nullable String found) {
        problemIn(file, line, offset, what, seq, expected, found);
    }

    void problemIn(
            String where,
            long atLine,
            long atOffset,
            String what,
            long seq,
            @Nullable String expected,
            @Nullable String found) {
        if (problems.size() < MOST) {
            problems.add(new Problem(
                    what,
                    where,
                    atLine,
                    atOffset,
                    seq,
                    expected == null ? null : printable(expected),
                    found == null ? null : printable(found)));
        }
    }

    void note(String text) {
        if (notes.size() < MOST) {
            notes.add(printable(text));
        }
    }

    /** What stands in a damaged file must not steer a terminal. */
    static String printable(String text) {
        return text.replaceAll("[^ -~]", "?");
    }
}
