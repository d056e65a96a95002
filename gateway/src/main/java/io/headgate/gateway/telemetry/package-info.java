/** Meters under one naming table, and what every part counts. */
@NullMarked
package io.headgate.gateway.telemetry;

import org.jspecify.annotations.NullMarked;
