"""Satellites lost to large debris, and accelerators lost to dose. LOW CONFIDENCE, as debris."""

from sunfront.equation import equation


@equation("1/year")
def debris_loss_rate(debris_flux, bus_cross_section):
    """Rate at which nodes are lost to debris larger than 1 cm that strikes the bus; arrays lose strings only.

    Source: flux x area.
    """
    return debris_flux * bus_cross_section


@equation("1/year")
def radiation_failure_rate(median_dose, service_life, dose_failure_coefficient):
    """Rate at which accelerators fail by ionizing dose.

    Source: proportional to dose, as no threshold is known.
    """
    return dose_failure_coefficient * median_dose / service_life


@equation("1/year")
def node_attrition_rate(node_loss_rate, debris_loss_rate):
    """Continuous rate at which whole nodes are lost: by themselves, or to debris.

    Source: as attrition_rate.
    """
    return node_loss_rate + debris_loss_rate


@equation("1/year")
def attrition_rate(accelerator_failure_rate, pause_failure_rate, node_attrition_rate, radiation_failure_rate):
    """Continuous rate at which accelerators are lost: by themselves, by pauses in eclipse, by dose, or with their node.

    Source: exponential survival; independent hazards add.
    """
    return accelerator_failure_rate + pause_failure_rate + radiation_failure_rate + node_attrition_rate
