/** What the whole gateway must hold under load, faults and slow clients, as a process of its own. */
@NullMarked
package io.headgate.gateway.scale;

import org.jspecify.annotations.NullMarked;
