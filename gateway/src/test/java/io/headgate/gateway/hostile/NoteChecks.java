package io.headgate.gateway.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** What the note of a case demands beyond its fields, where it says so in words that are known here. */
final class NoteChecks {
    private static final Pattern FIELD =
            Pattern.compile("\\b(Allow|Accept-Encoding|X-Accel-Buffering|Cache-Control|WWW-Authenticate): ([\\w-]+)");
    private static final Pattern NO_FIELD =
            Pattern.compile("(?:response has no|^no) ([A-Z][\\w-]+)(?: header)?(?: at all)?$");
    private static final Pattern SUPPORTED = Pattern.compile("error\\.data\\.supported lists (.+)");
    private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
    private static final Pattern CAPABILITY = Pattern.compile("data\\.requiredCapabilities lists (\\w+)");

    private NoteChecks() {}

    static List<String> check(Situation situation, Observation observation) {
        List<String> problems = new ArrayList<>();
        String note = situation.expect().note();
        for (Response response : observation.responses) {
            fields(note, response, problems);
            texts(note, response, problems);
        }
        if (note.contains("unknown top-level members are dropped")) {
            for (String key : situation.send().form("patch").map().keySet()) {
                boolean known = key.contains(".") || key.equals("id") || key.equals("jsonrpc") || key.equals("method");
                for (StubUpstream.Call call : situation.bench().first().calls()) {
                    JsonNode sent = JsonTree.MAPPER.readTree(call.body());
                    if (!known && sent.has(key)) {
                        problems.add("the upstream got the member " + key);
                    }
                }
            }
        }
        return problems;
    }

    private static void fields(String note, Response response, List<String> problems) {
        Matcher field = FIELD.matcher(note);
        while (field.find()) {
            String value = response.field(field.group(1));
            if (!value.contains(field.group(2))) {
                problems.add("field " + field.group(1) + ": " + value + " (expected: " + field.group(2) + ")");
            }
        }
        for (String part : note.split("; ", -1)) {
            Matcher absent = NO_FIELD.matcher(part);
            if (absent.find() && response.hasField(absent.group(1))) {
                problems.add("there is a field " + absent.group(1));
            }
        }
        if (note.contains("no 100 Continue") && response.informational() > 0) {
            problems.add("100 Continue was sent");
        }
    }

    private static void texts(String note, Response response, List<String> problems) {
        Matcher supported = SUPPORTED.matcher(note);
        if (supported.find()) {
            Matcher date = DATE.matcher(supported.group(1));
            while (date.find()) {
                require(response, "\"" + date.group() + "\"", problems);
            }
        }
        Matcher capability = CAPABILITY.matcher(note);
        if (capability.find()) {
            require(response, "\"" + capability.group(1) + "\"", problems);
        }
        if (note.contains("error body without id")) {
            for (JsonNode message : response.messages()) {
                if (message.has("id") && !message.path("id").isNull()) {
                    problems.add("the error has an id");
                }
            }
        }
    }

    private static void require(Response response, String text, List<String> problems) {
        if (!response.text().contains(text)) {
            problems.add("the answer does not name " + text + ": " + response.text());
        }
    }
}
