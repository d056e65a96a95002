package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreparationsTest {
    private final Preparations preparations = Preparations.load();

    private static HostileFile file(String resource) throws Exception {
        try (var in = HostileFile.resource(resource)) {
            return HostileFile.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), /* isOwn= */ true);
        }
    }

    private static HostileCase given(String keys) {
        return HostileCase.of(Form.of(HostileFile.yaml("{id: x-001, " + keys + "}")), Set.of());
    }

    @Test
    void everyCaseThatRunsIsPrepared() throws Exception {
        WaitingList waiting = WaitingList.load();
        HostileFile own = file("cases.yaml");
        Stream<HostileCase> running =
                own.cases().stream().filter(hostile -> !hostile.isAboutFile() && waiting.waitOf(hostile, own) == null);
        assertThat(Stream.concat(running, file("more-cases.yaml").cases().stream()))
                .allSatisfy(hostile ->
                        assertThatCode(() -> preparations.of(hostile)).doesNotThrowAnyException());
    }

    @Test
    void hasNoSentenceThatNoCaseIsGiven() throws Exception {
        Set<String> given = new LinkedHashSet<>();
        for (String resource : new String[] {"cases.yaml", "more-cases.yaml"}) {
            file(resource).cases().forEach(hostile -> given.add(hostile.given()));
        }
        assertThat(given).containsAll(preparations.bySentence().keySet());
    }

    @Test
    void sentenceThatIsNotPreparedIsRefused() {
        assertThatThrownBy(() -> preparations.of(given("given: alice has session SB")))
                .isInstanceOf(Unbuildable.class)
                .hasMessageContaining("case x-001, given \"alice has session SB\"")
                .hasMessageContaining(
                        "a key \"prepare\" in the case, or an entry with this sentence in preparations.yaml")
                .hasMessageContaining("rateLimit");
    }

    @Test
    void keysOfTheCaseWin() {
        assertThat(preparations.of(given("given: TLS listener")).tls()).isTrue();
        Preparation own = preparations.of(given("given: TLS listener, prepare: {times: 3}"));
        assertThat(own.tls()).isFalse();
        assertThat(own.times()).isEqualTo(3);
        assertThat(preparations.of(given("layer: json"))).isEqualTo(Preparation.NONE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{poems: 3}",
                "{sessions: {SA: {age: PT1M}}}",
                "{sessions: {SC: {is: open}}}",
                "{sessions: {SA: {is: asleep}}}",
                "{running: {by: carol}}",
                "{requestState: {age: 11 min}}",
                "{tools: [{name: a, type: string}]}",
                "{times: many}",
                "{log: {damage: burnt}}",
                "tls",
                "[tls]"
            })
    void refusesWhatItDoesNotKnow(String keys) {
        assertThatThrownBy(() -> preparations.of(given("given: TLS listener, prepare: " + keys)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("case x-001: prepare: ");
    }

    @Test
    void namesTheKeysThatAreThere() {
        assertThatThrownBy(() -> preparations.of(given("prepare: {clock: {stops: true}}")))
                .hasMessage("case x-001: prepare: unknown key stops (expected one of: jumps, stopped)");
    }

    @Test
    void pageHasEveryKey() throws Exception {
        String page = Files.readString(Path.of("README.md"));
        assertThat(Preparation.keys()).allSatisfy(key -> assertThat(page).contains("| `" + key + "` |"));
    }
}
