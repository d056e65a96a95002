package io.headgate.gateway.http;

/** Something on one event loop whose time can run out. */
interface Watched {
    /** Looks at all its clocks at once; the time is in nanoseconds. */
    void tick(long now);

    /** Ends as soon as what runs now is over. */
    void drain();

    /** Ends at once. */
    void cut();

    /** Where its clock keeps it. */
    int slot();

    void slot(int slot);
}
