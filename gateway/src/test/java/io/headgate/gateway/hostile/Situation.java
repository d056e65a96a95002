package io.headgate.gateway.hostile;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Everything that the sender of one case needs. */
record Situation(HostileFile file, Bench bench, HostileCase hostile, Prepared prepared) {
    /** An upstream may have very much to say before it answers, on a machine that does other things. */
    private static final double SCRIPTED_SECONDS = 60;

    Form send() {
        return hostile.send();
    }

    Preparation preparation() {
        return prepared.preparation();
    }

    Expectation expect() {
        return hostile.expect();
    }

    InetSocketAddress front() {
        return bench.gateway().front();
    }

    /** The request that a form describes. */
    Request request(Form form) {
        return prepared.builder().build(prepared.adjusted(form), expect());
    }

    /** A modern request that the gateway answers by itself. */
    Request harmless() {
        return prepared.builder().build(harmlessForm(), Expectation.NONE);
    }

    static Form harmlessForm() {
        Map<String, @Nullable Object> patch = Map.of("method", "tools/list", "params.name", "<absent>");
        return new Form(Map.of("template", "modern_call", "patch", patch));
    }

    /** A modern call of a tool. */
    Request call(String tool, Map<String, @Nullable Object> args, Map<String, @Nullable Object> meta) {
        Form form = new Form(Map.of("template", "modern_call", "tool", tool, "args", args, "meta", meta));
        return prepared.builder().build(form, Expectation.NONE);
    }

    Request listen() {
        return prepared.builder().build(new Form(Map.of("template", "listen")), Expectation.NONE);
    }

    /** How long to wait for what must happen: the case's own bound, in the time of a hurried gateway. */
    Wire.Deadline patience() {
        double within = expect().withinSeconds();
        double scaled = bench.setting().isHurried() ? within * Setting.HURRY : within;
        boolean isScripted = bench.setting().has(Setting.Trait.SCRIPTED);
        return Wire.Deadline.in(Math.max(isScripted ? SCRIPTED_SECONDS : Client.PATIENCE_SECONDS, scaled + 5));
    }

    Client connect(Observation observation) throws IOException {
        Client client = Client.connect(front());
        observation.open.add(client);
        return client;
    }

    /** Notes an answer, or that none came. */
    void note(Observation observation, @Nullable Response response) {
        observation.statuses.add(response == null ? "closed" : Integer.toString(response.status()));
        String name = Client.rpcName(response, file);
        boolean failsOnPurpose = name.equals("tool_error") && expect().rpcText().contains("isError=true");
        observation.rpc.add(failsOnPurpose ? "result" : name);
        if (response != null) {
            observation.responses.add(response);
        }
    }
}
