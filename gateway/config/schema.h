#pragma once

#include "config/value.h"

namespace postern::config {

/// The whole format: each key with its kind, range, default and documentation. Loader, reference file, documents and
/// suggestions all come from this one table. Made once; thread-safe.
const Section<Config>& schema();

/// Every key path, sections included: "network", "network.lan", "network.lan[].link" ...
const std::vector<KeyDoc>& key_docs();

/// Sections that live in files of their own.
ValuePtr<Submission> submission_section();
ValuePtr<Login> login_section();
ValuePtr<Delivery> delivery_section();
ValuePtr<Gate> gate_section();
ValuePtr<Certificate> certificate_section();
ValuePtr<PublicAddress> public_address_section();
ValuePtr<Panel> panel_section();

}  // namespace postern::config
