package io.headgate.gateway.hostile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is not judged as a file of cases has it: cases whose subject does not exist yet, and expectations that the project
 * decided otherwise.
 */
record WaitingList(List<Wait> waits, List<Decision> decisions) {
    static final WaitingList NONE = new WaitingList(List.of(), List.of());

    /**
     * How to know a case by its parts.
     *
     * @param sentences what it is given, word for word; empty if that says nothing
     * @param patterns what the other parts have, each found by its pattern
     */
    record Sign(Set<String> sentences, Map<String, Pattern> patterns) {
        static Sign of(Form form) {
            Set<String> sentences = new LinkedHashSet<>();
            form.list("given").forEach(sentence -> sentences.add(String.valueOf(sentence)));
            Map<String, Pattern> patterns = new LinkedHashMap<>();
            form.map().keySet().stream()
                    .filter(part -> !part.equals("given"))
                    .forEach(part -> patterns.put(part, Pattern.compile(form.text(part))));
            return new Sign(sentences, patterns);
        }

        boolean fits(HostileCase hostile) {
            boolean isGiven = sentences.isEmpty() || sentences.contains(hostile.given());
            return isGiven
                    && patterns.entrySet().stream()
                            .allMatch(sign -> sign.getValue()
                                    .matcher(hostile.part(sign.getKey()))
                                    .find());
        }
    }

    /**
     * Cases that wait for a part of the gateway.
     *
     * @param issue the number of the issue that builds it
     * @param cases their ids in our own file
     * @param signs how cases of another file show that they wait for it; one is enough
     */
    record Wait(int issue, String part, Set<String> cases, List<Sign> signs) {
        String reason() {
            return "issue " + issue + ": " + part;
        }
    }

    /**
     * An expectation that the project decided otherwise; the rest of such a case is judged as ever.
     *
     * @param then what is expected instead, by the names of the fields
     */
    record Decision(String reason, Set<String> cases, Sign sign, Form then) {
        private Form instead(HostileCase hostile) {
            Map<String, @Nullable Object> fields =
                    new LinkedHashMap<>(hostile.written().map());
            then.map().forEach((name, value) -> fields.put(name, instead(hostile, name, value)));
            return new Form(fields);
        }

        /** What the sign found in the same field is replaced; a field that it does not look at, as a whole. */
        private @Nullable Object instead(HostileCase hostile, String field, @Nullable Object value) {
            Pattern pattern = sign.patterns().get(field);
            if (pattern == null || value == null) {
                return value;
            }
            Matcher found = pattern.matcher(hostile.part(field));
            return found.replaceFirst(value.toString());
        }
    }

    static WaitingList load() {
        try (InputStream in = HostileFile.resource("waiting.yaml")) {
            return of(Form.of(HostileFile.yaml(new String(in.readAllBytes(), StandardCharsets.UTF_8))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static WaitingList of(Form list) {
        List<Wait> waits = new ArrayList<>();
        for (Object item : list.list("waiting")) {
            Form form = Form.of(item);
            List<Sign> signs = form.list("when").stream()
                    .map(sign -> Sign.of(Form.of(sign)))
                    .toList();
            waits.add(new Wait(form.number("issue", 0), form.text("part"), ids(form), signs));
        }
        List<Decision> decisions = new ArrayList<>();
        for (Object item : list.list("decisions")) {
            Form form = Form.of(item);
            decisions.add(new Decision(form.text("reason"), ids(form), Sign.of(form.form("when")), form.form("then")));
        }
        return new WaitingList(List.copyOf(waits), List.copyOf(decisions));
    }

    private static Set<String> ids(Form form) {
        Set<String> ids = new LinkedHashSet<>();
        form.list("cases").forEach(id -> ids.add(String.valueOf(id)));
        return ids;
    }

    /** What a case waits for, or null if it runs. Our own file is judged by its ids alone, so that none slips away. */
    @Nullable
    Wait waitOf(HostileCase hostile, HostileFile file) {
        for (Wait wait : waits) {
            boolean waiting = file.isOwn()
                    ? wait.cases().contains(hostile.id())
                    : wait.signs().stream().anyMatch(sign -> sign.fits(hostile));
            if (waiting) {
                return wait;
            }
        }
        return null;
    }

    /** The case with what is expected of it here. */
    HostileCase decided(HostileCase hostile, Set<String> codes) {
        HostileCase decided = hostile;
        for (Decision decision : decisions) {
            if (decision.sign().fits(decided)) {
                decided = decided.expecting(decision.instead(decided), codes);
            }
        }
        return decided;
    }
}
