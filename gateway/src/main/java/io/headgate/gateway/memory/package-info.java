/** What the gateway holds for others, in bytes: one budget for the process, with shares for each caller and each server. */
@NullMarked
package io.headgate.gateway.memory;

import org.jspecify.annotations.NullMarked;
