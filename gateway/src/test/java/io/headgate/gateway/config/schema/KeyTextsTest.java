package io.headgate.gateway.config.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Each key of the records says what it means, and no meaning is without its key. */
class KeyTextsTest {
    private final KeyTexts texts = KeyTexts.read();
    private final Map<String, Shape> shapes = new TreeMap<>();

    KeyTextsTest() {
        new Shapes(texts).file().keys().forEach(this::gather);
    }

    private void gather(Shape.Key key) {
        shapes.put(key.path(), key.shape());
        gather(key.shape());
    }

    private void gather(Shape shape) {
        if (shape instanceof Shape.Keys keys) {
            keys.keys().forEach(this::gather);
        } else if (shape instanceof Shape.Items items) {
            gather(items.element());
        } else if (shape instanceof Shape.Named named) {
            gather(named.element());
        } else if (shape instanceof Shape.Elsewhere elsewhere) {
            gather(elsewhere.keys());
        } else if (shape instanceof Shape.Chain chain) {
            chain.filters().forEach(this::gather);
        }
    }

    @Test
    void hasOneForEachKeyAndNoOther() {
        assertThat(shapes).hasSizeGreaterThan(100);
        assertThat(texts.all().keySet()).containsExactlyElementsOf(shapes.keySet());
    }

    @Test
    void saysEachInOneSentence() {
        assertThat(texts.all())
                .allSatisfy((path, text) -> assertThat(text.sentence())
                        .as(path)
                        .endsWith(".")
                        .doesNotContain(" | ")
                        .hasSizeBetween(10, 200));
    }

    /** A new key must say whether a change of it lets more through. */
    @Test
    void saysOfEachValueWhichChangeIsLooser() {
        assertThat(shapes).allSatisfy((path, shape) -> {
            boolean isValue = shape instanceof Shape.Scalar
                    || shape instanceof Shape.Choice
                    || shape instanceof Shape.OneOf
                    || shape instanceof Shape.Items
                    || (shape instanceof Shape.Named && !path.equals("mcpServers"));
            assertThat(!isValue || texts.of(path).looser() != null).as(path).isTrue();
        });
    }

    /** What is looser later on needs an order, and of words with a type that is the order of the type. */
    @Test
    void ordersTheWordsOfWhatIsLooserLater() {
        assertThat(texts.all())
                .anySatisfy((path, text) -> assertThat(text.looser()).isEqualTo(Looser.LATER));
        texts.all().forEach((path, text) -> {
            Shape shape = shapes.get(path) instanceof Shape.Named named ? named.element() : shapes.get(path);
            if (text.looser() == Looser.LATER || !text.words().isEmpty()) {
                assertThat(shape).as(path).isEqualTo(new Shape.Choice(text.words()));
            }
        });
    }

    @Test
    void tellsTheElementsOfEachListOfRecordsApart() {
        assertThat(shapes).allSatisfy((path, shape) -> {
            boolean hasKeys = shape instanceof Shape.Items items && items.element() instanceof Shape.Keys;
            assertThat(texts.of(path).by() != null).as(path).isEqualTo(hasKeys);
            assertThat(!hasKeys
                            || shapes.containsKey(path + "[]." + texts.of(path).by()))
                    .as(path)
                    .isTrue();
        });
    }
}
