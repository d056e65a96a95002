package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Cases that the harness was not made for, sent to a real gateway: each must be built and judged right, and those that expect
 * something wrong must be judged wrong.
 */
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MoreCasesTest {
    private static final String ONLY = System.getProperty("headgate.hostile.only", ".*");

    private final Map<String, String> mustFail = new HashMap<>();
    private final HostileFile file = load();
    private final HostileSuite suite = new HostileSuite(file, WaitingList.load(), RealGateway::start);

    /** The other cases with the codes, limits and templates of our own file. */
    private HostileFile load() {
        String own = text("cases.yaml");
        String more = text("more-cases.yaml");
        for (Object item : Form.of(HostileFile.yaml(more)).list("cases")) {
            Form form = Form.of(item);
            if (form.has("fails")) {
                mustFail.put(form.text("id"), form.text("fails"));
            }
        }
        String defaults = own.substring(0, own.indexOf("\ncases:") + 1);
        return HostileFile.parse(defaults + more, /* isOwn= */ false);
    }

    private static String text(String resource) {
        try (var in = HostileFile.resource(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @TestFactory
    Stream<DynamicTest> isBuiltAndJudgedRight() {
        return file.cases().stream()
                .filter(hostile -> hostile.id().matches(ONLY))
                .map(hostile -> DynamicTest.dynamicTest(hostile.title(), () -> judge(hostile)));
    }

    private void judge(HostileCase hostile) throws Exception {
        List<String> problems = suite.problems(hostile);
        String expected = mustFail.get(hostile.id());
        if (expected == null) {
            assertThat(problems).as(hostile.id()).isEmpty();
        } else {
            assertThat(problems).as(hostile.id()).anyMatch(problem -> problem.contains(expected));
        }
    }

    @Test
    void isNoMoreThanItsOwnCases() {
        assertThat(file.cases()).hasSizeGreaterThanOrEqualTo(100);
        assertThat(mustFail).hasSizeGreaterThanOrEqualTo(6);
        assertThat(file.cases()).extracting(HostileCase::id).doesNotHaveDuplicates();
    }

    @Test
    void saysWhatItCannotBuild() {
        for (String send : List.of(
                "{template: modern_call, body_gen: a poem}",
                "{template: modern_call, headers: {X: <something in 3 words>}}",
                "{raw_gen: {poems: 3}}",
                "{h2: {poem: 3}}",
                "{tls: {poem: 3}}",
                "{tcp: {poem: 3}}",
                "{slow: {what: poem}}",
                "{sequence: [a poem]}",
                "{action: a poem is read}",
                "{client: reads a poem}",
                "{churn: {poems: 3}}",
                "{cmd: read-poem}",
                "{poem: true}",
                "{call: modern_call, upstream_script: a poem, steps: [read, recite]}",
                "{call: modern_call, upstream_script: a poem, steps: [read, json a poem]}",
                "{call: tools/list, upstream_script: a poem, steps: [read, json tools of poetry]}")) {
            HostileCase hostile = HostileCase.of(
                    Form.of(HostileFile.yaml("{id: x, layer: http1, send: " + send + ", expect: {http: 200}}")),
                    file.codes().keySet());
            assertThatThrownBy(() -> suite.problems(hostile))
                    .as(send)
                    .isInstanceOf(Unbuildable.class)
                    .hasMessageStartingWith("no builder for ");
        }
    }

    @AfterAll
    void close() {
        suite.close();
    }
}
