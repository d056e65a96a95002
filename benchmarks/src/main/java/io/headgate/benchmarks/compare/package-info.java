/** What a call through the gateway costs beside the same call through other proxies. */
@NullMarked
package io.headgate.benchmarks.compare;

import org.jspecify.annotations.NullMarked;
