package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WaitingListTest {
    /** Grows only together with the file of cases; shrinks with each part that is built. */
    private static final int MOST_WAITING = 86;

    private final WaitingList waiting = WaitingList.load();

    private static HostileFile own() throws Exception {
        String yaml = new String(HostileFile.resource("cases.yaml").readAllBytes(), StandardCharsets.UTF_8);
        return HostileFile.parse(yaml, /* isOwn= */ true);
    }

    private static Set<String> ids(HostileFile file) {
        return file.cases().stream().map(HostileCase::id).collect(Collectors.toSet());
    }

    private Map<String, String> waits(HostileFile file) {
        Map<String, String> waits = new TreeMap<>();
        for (HostileCase hostile : file.cases()) {
            WaitingList.@Nullable Wait wait = waiting.waitOf(hostile, file);
            if (wait != null) {
                waits.put(hostile.id(), wait.reason());
            }
        }
        return waits;
    }

    @Test
    void namesOnlyCasesOfTheFile() throws Exception {
        Set<String> ids = ids(own());
        waiting.waits().forEach(wait -> assertThat(ids).containsAll(wait.cases()));
        waiting.decisions().forEach(decision -> assertThat(ids).containsAll(decision.cases()));
    }

    @Test
    void saysWhichIssueIsWaitedForAndWhy() {
        assertThat(waiting.waits()).allSatisfy(wait -> {
            assertThat(wait.issue()).isPositive();
            assertThat(wait.part()).isNotBlank();
        });
        assertThat(waiting.decisions()).allSatisfy(decision -> {
            assertThat(decision.reason()).isNotBlank();
            assertThat(decision.then().map()).isNotEmpty();
        });
    }

    @Test
    void doesNotGrowInSilence() throws Exception {
        assertThat(waits(own())).hasSizeLessThanOrEqualTo(MOST_WAITING);
    }

    @Test
    void otherFilesAreJudgedByFormToTheSameEnd() throws Exception {
        HostileFile own = own();
        HostileFile other = new HostileFile(false, own.codes(), own.limits(), own.templates(), own.cases());
        assertThat(waits(other)).isEqualTo(waits(own));
    }

    @Test
    void decisionsHoldForTheCasesThatTheyNameAndForNoOther() throws Exception {
        HostileFile own = own();
        for (WaitingList.Decision decision : waiting.decisions()) {
            Set<String> decided = new TreeSet<>();
            for (HostileCase hostile : own.cases()) {
                if (waiting.waitOf(hostile, own) == null && decision.sign().fits(hostile)) {
                    decided.add(hostile.id());
                }
            }
            assertThat(decided).as(decision.reason()).isEqualTo(new TreeSet<>(decision.cases()));
        }
    }
}
