package io.headgate.gateway.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a case wants upstreams to do, taken apart by what it is about: connections, what is offered, what is listened to, and
 * calls. A {@code read} begins the answer to the next request; the last answer is given to all that follow.
 *
 * @param call the template that a client sends, or the list that it asks for
 * @param connections steps about connections to the first upstream
 * @param offers what the first upstream answers when its list is read, time after time
 * @param otherOffers the same of the second one
 * @param listens what the first one does with those who listen
 * @param calls what it answers to calls
 * @param times how many calls a client makes
 */
record UpstreamPlan(
        String call,
        String words,
        List<String> connections,
        List<List<String>> offers,
        List<List<String>> otherOffers,
        List<List<String>> listens,
        List<List<String>> calls,
        int times) {
    private static final UpstreamPlan NONE =
            new UpstreamPlan("", "", List.of(), List.of(), List.of(), List.of(), List.of(), 1);

    private static final Set<String> LISTS =
            Set.of("tools/list", "prompts/list", "resources/list", "resources/templates/list");
    private static final String LISTEN = "listen";
    private static final Pattern READ = Pattern.compile("(?:loop (\\d+) [\\d.]+ )?read(?: (\\d+) bytes)?");
    private static final Pattern CONNECTION = Pattern.compile("(?:refuse|blackhole|close_idle)|(?:tls|h2) .+");
    private static final Pattern OFFER =
            Pattern.compile("(?:json |gen )?(?:tools|prompts|resources)\\b.*", Pattern.DOTALL);
    private static final Pattern OF_UPSTREAM = Pattern.compile("(u[12]):? (.+)", Pattern.DOTALL);
    private static final Pattern LOOP = Pattern.compile("loop (\\d+) ([\\d.]+) .+", Pattern.DOTALL);
    private static final Pattern WAITS = Pattern.compile("hang|blackhole|tls stall|h2 .+|wait ([\\d.]+)");
    private static final double LONG_SECONDS = 5;

    static UpstreamPlan of(HostileCase hostile) {
        Form send = hostile.send();
        if (!send.has("upstream_script") && !send.has("steps")) {
            return NONE;
        }
        List<String> connections = new ArrayList<>();
        List<String> second = new ArrayList<>();
        List<List<String>> rounds = new ArrayList<>();
        int times = 1;
        for (Object item : send.list("steps")) {
            String step = String.valueOf(item);
            Matcher upstream = OF_UPSTREAM.matcher(step);
            boolean isNamed = upstream.matches();
            String what = isNamed ? upstream.group(2) : step;
            Matcher read = READ.matcher(what);
            if (isNamed && upstream.group(1).equals("u2")) {
                second.add(what);
            } else if (read.matches()) {
                times = Math.max(times, read.group(1) == null ? 1 : Integer.parseInt(read.group(1)));
                rounds.add(new ArrayList<>(read.group(2) == null ? List.of() : List.of(what)));
            } else if (CONNECTION.matcher(what).matches()) {
                connections.add(what);
            } else {
                if (rounds.isEmpty()) {
                    rounds.add(new ArrayList<>());
                }
                rounds.get(rounds.size() - 1).add(what);
            }
        }
        return ofRounds(hostile, connections, second, rounds, times);
    }

    private static UpstreamPlan ofRounds(
            HostileCase hostile, List<String> connections, List<String> second, List<List<String>> rounds, int times) {
        String call = hostile.send().text("call", "modern_call");
        List<List<String>> offers = new ArrayList<>();
        List<List<String>> listens = new ArrayList<>();
        List<List<String>> calls = new ArrayList<>();
        for (List<String> round : rounds) {
            if (LISTS.contains(call)
                    || round.stream().anyMatch(step -> OFFER.matcher(step).matches())) {
                offers.add(round);
            } else {
                (call.equals(LISTEN) ? listens : calls).add(round);
            }
        }
        return new UpstreamPlan(
                call,
                hostile.send().text("upstream_script"),
                connections,
                offers,
                second.isEmpty() ? List.of() : List.of(second),
                listens,
                calls,
                LISTS.contains(call) ? 1 : times);
    }

    boolean isScripted() {
        return !call.isEmpty();
    }

    boolean isList() {
        return LISTS.contains(call);
    }

    boolean isListen() {
        return call.equals(LISTEN);
    }

    /** True if what upstreams do begins before the case, with what they offer. */
    boolean beginsBefore() {
        return !offers.isEmpty() || !otherOffers.isEmpty() || isListen();
    }

    /** True if it is about connections of a kind. */
    boolean isAbout(String kind) {
        return connections.stream().anyMatch(step -> step.startsWith(kind + " "));
    }

    /** True if it is about the prefixes of servers. */
    boolean isAboutNames() {
        return offers.toString().contains("u1__") || otherOffers.toString().contains("u1__") || !otherOffers.isEmpty();
    }

    boolean isLegacy() {
        return words.contains("legacy upstream") || words.contains("legacy server");
    }

    /** True if it takes the time of a clock that can be hurried. */
    boolean waits() {
        List<String> steps = new ArrayList<>(connections);
        calls.forEach(steps::addAll);
        listens.forEach(steps::addAll);
        return steps.stream().anyMatch(UpstreamPlan::waits);
    }

    private static boolean waits(String step) {
        Matcher loop = LOOP.matcher(step);
        if (loop.matches()) {
            return Integer.parseInt(loop.group(1)) * Double.parseDouble(loop.group(2)) >= LONG_SECONDS;
        }
        Matcher waits = WAITS.matcher(step);
        return waits.matches() && (waits.group(1) == null || Double.parseDouble(waits.group(1)) >= LONG_SECONDS);
    }

    /** Lets upstreams offer what the case says, from their first list on. */
    void offerBy(StubUpstream first, StubUpstream second, UpstreamSteps.Pace pace) {
        String method = isList() ? call : "tools/list";
        if (!offers.isEmpty()) {
            first.follow(method, new UpstreamSteps(offers, pace));
        }
        if (!otherOffers.isEmpty()) {
            second.follow("tools/list", new UpstreamSteps(otherOffers, pace));
        }
        if (isListen()) {
            first.follow("subscriptions/listen", new UpstreamSteps(listens, pace).held());
        }
    }
}
