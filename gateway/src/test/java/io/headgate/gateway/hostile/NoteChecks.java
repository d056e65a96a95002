package io.headgate.gateway.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** What the words of a case demand beyond its fields, where they say so in a way that is known here. */
final class NoteChecks {
    private static final Pattern FIELD =
            Pattern.compile("\\b(Allow|Accept-Encoding|X-Accel-Buffering|Cache-Control|WWW-Authenticate): ([\\w-]+)");
    private static final Pattern NO_FIELD =
            Pattern.compile("(?:response has no|^no) ([A-Z][\\w-]+)(?: header)?(?: at all)?$");
    private static final Pattern SUPPORTED = Pattern.compile("error\\.data\\.supported lists (.+)");
    private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
    private static final Pattern CAPABILITY = Pattern.compile("data\\.requiredCapabilities lists (\\w+)");
    private static final Pattern DATA = Pattern.compile("\\bdata\\.(\\w+) ?= ?\"?(-?\\w+)\"?");
    private static final Pattern RETRY = Pattern.compile("Retry-After:? (\\d+) (?:is )?passed on");
    private static final Pattern STEP_FIELD = Pattern.compile("h ([\\w-]+): ?(.*)");
    private static final Pattern STEP_BODY = Pattern.compile("body \"?([^\"\\\\]{4,}).*", Pattern.DOTALL);

    private NoteChecks() {}

    static List<String> check(Situation situation, Observation observation) {
        List<String> problems = new ArrayList<>();
        String note = situation.expect().note();
        for (Response response : observation.responses) {
            fields(note, response, problems);
            texts(note, response, problems);
            data(note + "; " + situation.expect().rpcText(), response, problems);
            upstream(situation, response, problems);
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
        Matcher retry = RETRY.matcher(note);
        if (retry.find() && !response.field("Retry-After").equals(retry.group(1))) {
            problems.add("Retry-After is " + response.field("Retry-After") + " (expected: " + retry.group(1) + ")");
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

    /** What an error's data must be, and a result's type. */
    private static void data(String words, Response response, List<String> problems) {
        Matcher data = DATA.matcher(words);
        while (data.find()) {
            for (JsonNode message : response.messages()) {
                JsonNode value = message.path("error").path("data").path(data.group(1));
                String text = value.isString() ? value.asString() : value.toString();
                if (message.has("error") && !text.equals(data.group(2))) {
                    problems.add("data." + data.group(1) + " is " + text + " (expected: " + data.group(2) + ")");
                }
            }
        }
        for (JsonNode message : response.messages()) {
            if (words.contains("data dropped") && message.path("error").has("data")) {
                problems.add("the error has data: " + message);
            }
            boolean isComplete =
                    message.path("result").path("resultType").asString("").equals("complete");
            if (words.contains("resultType=complete added") && message.has("result") && !isComplete) {
                problems.add("the result is not complete: " + message);
            }
        }
    }

    /** What an upstream sent and a client must not get. */
    private static void upstream(Situation situation, Response response, List<String> problems) {
        String note = situation.expect().note();
        for (Object item : situation.send().list("steps")) {
            String step = String.valueOf(item);
            Matcher field = STEP_FIELD.matcher(step);
            boolean isHidden = note.contains("none of them reaches the client")
                    || (note.contains("challenge never reaches") && step.startsWith("h WWW-Authenticate"));
            if (isHidden && field.matches() && response.field(field.group(1)).equals(field.group(2))) {
                problems.add("the client got the upstream's " + field.group(1));
            }
            Matcher body = STEP_BODY.matcher(step);
            if (note.contains("not echoed") && body.matches() && response.text().contains(body.group(1))) {
                problems.add("the client got the upstream's text: " + body.group(1));
            }
        }
    }

    private static void require(Response response, String text, List<String> problems) {
        if (!response.text().contains(text)) {
            problems.add("the answer does not name " + text + ": " + response.text());
        }
    }
}
