package io.headgate.filter;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.DoubleSupplier;

/**
 * Gauges whose owner may be replaced by another one while both are alive.
 *
 * <p>The newest owner is shown, and when it goes, the one before it. With the last owner the meter goes too. A registry alone
 * shows the first owner for ever, and to remove it by name and tags removes the one that came after it.
 */
public final class LiveGauges {
    private final MeterRegistry meters;
    private final Map<Key, Place> places = new HashMap<>();

    private record Key(String name, Tags tags) {}

    /** What an owner shows until it closes it. */
    public interface Shown extends AutoCloseable {
        @Override
        void close();
    }

    public LiveGauges(MeterRegistry meters) {
        this.meters = meters;
    }

    /** Shows a value until the returned one is closed, or while a newer one is shown; what it means is said by its name. */
    public Shown show(String name, Tags tags, DoubleSupplier value) {
        Key key = new Key(name, tags);
        Owner owner = new Owner(key, value);
        synchronized (places) {
            places.computeIfAbsent(key, Place::new).owners.add(0, owner);
        }
        return owner;
    }

    private void close(Owner owner) {
        synchronized (places) {
            Place place = places.get(owner.key);
            if (place != null && place.owners.remove(owner) && place.owners.isEmpty()) {
                places.remove(owner.key);
                meters.remove(place.gauge);
            }
        }
    }

    private final class Owner implements Shown {
        private final Key key;
        private final DoubleSupplier value;

        Owner(Key key, DoubleSupplier value) {
            this.key = key;
            this.value = value;
        }

        @Override
        public void close() {
            LiveGauges.this.close(this);
        }
    }

    /** All owners of one gauge, the newest first; read by the registry at any time. */
    private final class Place {
        private final List<Owner> owners = new CopyOnWriteArrayList<>();
        private final Gauge gauge;

        Place(Key key) {
            gauge = Gauge.builder(key.name, this, Place::value)
                    .tags(key.tags)
                    .strongReference(true)
                    .register(meters);
        }

        private double value() {
            for (Owner newest : owners) {
                return newest.value.getAsDouble();
            }
            return Double.NaN;
        }
    }
}
