extension ChatTemplate {
  /// The templates of our own, for models that have none: the forms that their families were trained on.
  static let builtIn = [
    chatML, llama2, llama3, mistral, mistral3, vicuna, guanaco, gemma, alpaca, zephyr, phi3, plain,
  ]

  private static func ours(_ name: String, _ source: String) -> ChatTemplate {
    ChatTemplate(name: name, source: source, isBuiltIn: true)
  }

  /// ChatML: each message between `<|im_start|>` with its role and `<|im_end|>`.
  static let chatML = ours(
    "chatml",
    """
    {%- for message in messages -%}
    {{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endfor -%}
    {%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}
    """)

  /// Llama 2: `[INST] <<SYS>>` … `<</SYS>>` … `[/INST]`, all of it ordinary text.
  static let llama2 = ours(
    "llama2",
    """
    {%- set state = namespace(system='', turns=0) -%}
    {%- for message in messages -%}
    {%- if message.role == 'system' -%}
    {%- set state.system = '<<SYS>>\\n' + message.content + '\\n<</SYS>>\\n\\n' -%}
    {%- elif message.role == 'user' -%}
    {{ (bos_token | default("<s>") if state.turns else '') + '[INST] ' + state.system + message.content + ' [/INST]' }}
    {%- set state.system = '' -%}
    {%- set state.turns = state.turns + 1 -%}
    {%- else -%}
    {{ ' ' + message.content + ' ' + eos_token | default("</s>") }}
    {%- endif -%}
    {%- endfor -%}
    """)

  /// Llama 3: each message after a header of control tokens, up to `<|eot_id|>`.
  static let llama3 = ours(
    "llama3",
    """
    {%- for message in messages -%}
    {{ '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content + '<|eot_id|>' }}
    {%- endfor -%}
    {%- if add_generation_prompt -%}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif -%}
    """)

  /// Mistral's: `[INST]` … `[/INST]`, of which the system message is the beginning.
  private static func instructions(closing: String) -> String {
    """
    {%- set state = namespace(system='') -%}
    {%- for message in messages -%}
    {%- if message.role == 'system' -%}
    {%- set state.system = message.content + '\\n\\n' -%}
    {%- elif message.role == 'user' -%}
    {{ '[INST] ' + state.system + message.content + '\(closing)' }}
    {%- set state.system = '' -%}
    {%- else -%}
    {{ ' ' + message.content + eos_token | default("</s>") }}
    {%- endif -%}
    {%- endfor -%}
    """
  }

  /// Mistral 0.1 and 0.2.
  static let mistral = ours("mistral", instructions(closing: " [/INST]"))

  /// Mistral 0.3 and later: the same with control tokens, and no space before `[/INST]`.
  static let mistral3 = ours("mistral-v3", instructions(closing: "[/INST]"))

  /// Vicuna 1.1: `USER:` and `ASSISTANT:` in one line.
  static let vicuna = ours(
    "vicuna",
    """
    {%- set state = namespace(space='') -%}
    {%- for message in messages -%}
    {%- if message.role == 'system' -%}
    {{ message.content }}
    {%- set state.space = ' ' -%}
    {%- elif message.role == 'user' -%}
    {{ state.space + 'USER: ' + message.content + ' ASSISTANT:' }}
    {%- else -%}
    {{ ' ' + message.content + eos_token | default("</s>") }}
    {%- set state.space = '' -%}
    {%- endif -%}
    {%- endfor -%}
    """)

  /// Guanaco: `### Human:` and `### Assistant:`.
  static let guanaco = ours(
    "guanaco",
    """
    {%- for message in messages -%}
    {%- if not loop.first -%}{{ '\\n' }}{%- endif -%}
    {%- if message.role == 'system' -%}
    {{ message.content }}
    {%- elif message.role == 'user' -%}
    {{ '### Human: ' + message.content }}
    {%- else -%}
    {{ '### Assistant: ' + message.content }}
    {%- endif -%}
    {%- endfor -%}
    {%- if add_generation_prompt -%}{{ '\\n### Assistant:' }}{%- endif -%}
    """)

  /// Gemma: turns between `<start_of_turn>` and `<end_of_turn>`; the system message begins the user's.
  static let gemma = ours(
    "gemma",
    """
    {%- set state = namespace(system='') -%}
    {%- for message in messages -%}
    {%- if message.role == 'system' -%}
    {%- set state.system = message.content + '\\n\\n' -%}
    {%- else -%}
    {{ '<start_of_turn>' + ('model' if message.role == 'assistant' else 'user') + '\\n' + state.system }}
    {{- message.content + '<end_of_turn>\\n' }}
    {%- set state.system = '' -%}
    {%- endif -%}
    {%- endfor -%}
    {%- if add_generation_prompt -%}{{ '<start_of_turn>model\\n' }}{%- endif -%}
    """)

  /// Alpaca: `### Instruction:` and `### Response:`.
  static let alpaca = ours(
    "alpaca",
    """
    {%- for message in messages -%}
    {%- if not loop.first -%}{{ '\\n\\n' }}{%- endif -%}
    {%- if message.role == 'system' -%}
    {{ message.content }}
    {%- elif message.role == 'user' -%}
    {{ '### Instruction:\\n' + message.content }}
    {%- else -%}
    {{ '### Response:\\n' + message.content }}
    {%- endif -%}
    {%- endfor -%}
    {%- if add_generation_prompt -%}{{ '\\n\\n### Response:\\n' }}{%- endif -%}
    """)

  /// Zephyr: roles as `<|user|>` in ordinary text, each message up to the end of sequence.
  static let zephyr = ours("zephyr", rolesInAngles(end: "(eos_token | default('</s>'))"))

  /// Phi-3: the same with control tokens, each message up to `<|end|>`.
  static let phi3 = ours("phi3", rolesInAngles(end: "'<|end|>'"))

  private static func rolesInAngles(end: String) -> String {
    """
    {%- for message in messages -%}
    {{ '<|' + message.role + '|>\\n' + message.content + \(end) + '\\n' }}
    {%- endfor -%}
    {%- if add_generation_prompt -%}{{ '<|assistant|>\\n' }}{%- endif -%}
    """
  }

  /// No control tokens: an empty line behind each message.
  static let plain = ours(
    "plain", "{%- for message in messages -%}{{ message.content + '\\n\\n' }}{%- endfor -%}")
}
