package io.headgate.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class KeySetTest {
    private final KeySet keys = new KeySet();

    @Test
    void knowsTheKeysOfTheOpenObjectOnly() {
        int outer = keys.open();
        assertThat(add(outer, "a")).isTrue();
        int inner = keys.open();
        assertThat(add(inner, "a")).isTrue();
        assertThat(add(inner, "a")).isFalse();
        keys.close(inner);
        assertThat(add(outer, "b")).isTrue();
        assertThat(add(outer, "a")).isFalse();
        int second = keys.open();
        assertThat(add(second, "b")).isTrue();
    }

    @Test
    void isASetLikeAnyOther() {
        long seed = new SplittableRandom().nextLong();
        SplittableRandom random = new SplittableRandom(seed);
        List<Set<String>> open = new ArrayList<>();
        List<Integer> objects = new ArrayList<>();
        for (int i = 0; i < 200_000; i++) {
            int choice = random.nextInt(40);
            if (open.isEmpty() || (choice == 0 && open.size() < 60)) {
                open.add(new HashSet<>());
                objects.add(keys.open());
            } else if (choice == 1) {
                keys.close(objects.remove(objects.size() - 1));
                open.remove(open.size() - 1);
            } else {
                String key = "x".repeat(random.nextInt(20)) + random.nextInt(200);
                boolean isNew = open.get(open.size() - 1).add(key);
                assertThat(add(objects.get(objects.size() - 1), key))
                        .as("seed " + seed)
                        .isEqualTo(isNew);
            }
        }
    }

    @Test
    void keepsNoMemoryOfAGiant() {
        int small = keys.capacity();
        int object = keys.open();
        for (int i = 0; i < 100_000; i++) {
            assertThat(add(object, "key" + i)).isTrue();
        }
        assertThat(keys.capacity()).isGreaterThanOrEqualTo(100_000);
        keys.clear();
        assertThat(keys.capacity()).isEqualTo(small);
        assertThat(add(keys.open(), "key1")).isTrue();
    }

    @Test
    void manySmallObjectsTakeNoMemory() {
        int small = keys.capacity();
        for (int i = 0; i < 100_000; i++) {
            int object = keys.open();
            assertThat(add(object, "a")).isTrue();
            assertThat(add(object, "b")).isTrue();
            keys.close(object);
        }
        assertThat(keys.capacity()).isEqualTo(small);
    }

    @Test
    void aRefusedMessageLeavesNothingBehind() throws Exception {
        byte[] broken = "{\"jsonrpc\":\"2.0\",\"id\":1,\"params\":{\"name\":".getBytes(StandardCharsets.UTF_8);
        byte[] good = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 1_000; i++) {
            try {
                Envelope.read(broken, JsonLimits.CLIENT);
                throw new AssertionError("accepted");
            } catch (BadMessage expected) {
                assertThat(Envelope.read(good, JsonLimits.CLIENT).method()).isEqualTo("ping");
            }
            assertThat(KeySet.forThisThread().open()).isZero();
        }
    }

    @Test
    void aListOfManyObjectsIsReadWithoutMemoryForTheirKeys() throws Exception {
        String list =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":[{\"k\":0}" + ",{\"k\":0}".repeat(50_000) + "]}}";
        byte[] message = list.getBytes(StandardCharsets.UTF_8);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        Envelope envelope = Envelope.read(message, JsonLimits.CLIENT);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(100_000);
        assertThat(envelope.has(Member.RESULT)).isTrue();
    }

    @Test
    void threadsDoNotDisturbEachOther() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> readers = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                long seed = thread;
                readers.add(threads.submit(() -> {
                    for (int i = 0; i < 5_000; i++) {
                        byte[] message = new RandomJson(seed * 5_000 + i).message();
                        Envelope.read(message, JsonLimits.CLIENT);
                    }
                    return null;
                }));
            }
            for (Future<?> reader : readers) {
                assertThat(reader.get(20, TimeUnit.SECONDS)).isNull();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private boolean add(int object, String key) {
        // The set keeps places, not bytes, so all keys of one message stand in one array.
        byte[] text = key.getBytes(StandardCharsets.UTF_8);
        int start = used;
        System.arraycopy(text, 0, message, start, text.length);
        used += text.length;
        return keys.add(object, message, start, used, /* escaped= */ false);
    }

    private final byte[] message = new byte[8 << 20];
    private int used;
}
