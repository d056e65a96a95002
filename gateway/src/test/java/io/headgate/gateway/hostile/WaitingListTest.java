package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WaitingListTest {
    /** Grows only together with the file of cases; shrinks with each part that is built. */
    private static final int MOST_WAITING = 17;

    private final WaitingList waiting = WaitingList.load();

    private static HostileFile own() throws Exception {
        String yaml = new String(HostileFile.resource("cases.yaml").readAllBytes(), StandardCharsets.UTF_8);
        return HostileFile.parse(yaml, /* isOwn= */ true);
    }

    @Test
    void namesOnlyCasesOfOurLayers() throws Exception {
        Set<String> ours = own().ours().stream().map(HostileCase::id).collect(Collectors.toSet());
        assertThat(ours).containsAll(waiting.partById().keySet());
    }

    @Test
    void doesNotGrowInSilence() {
        assertThat(waiting.partById()).hasSizeLessThanOrEqualTo(MOST_WAITING);
    }

    @Test
    void ownFileIsJudgedByIdsAlone() throws Exception {
        HostileFile own = own();
        Set<String> waits = own.ours().stream()
                .filter(hostile -> waiting.partFor(hostile, own) != null)
                .map(HostileCase::id)
                .collect(Collectors.toSet());
        assertThat(waits).isEqualTo(waiting.partById().keySet());
    }

    @Test
    void otherFilesAreJudgedByFormToTheSameEnd() throws Exception {
        HostileFile own = own();
        HostileFile other = new HostileFile(false, own.codes(), own.limits(), own.templates(), own.cases());
        Set<String> byForm = new HashSet<>();
        for (HostileCase hostile : other.ours()) {
            String part = waiting.partFor(hostile, other);
            if (part != null) {
                byForm.add(hostile.id() + ": " + part);
            }
        }
        List<String> byId = waiting.partById().entrySet().stream()
                .map(entry -> entry.getKey() + ": " + entry.getValue())
                .toList();
        assertThat(byForm).containsExactlyInAnyOrderElementsOf(byId);
    }
}
